/** Builds a program, operation after operation. Jumps only lead forward, so every program ends. */
import type { Argument, CallName, Operation } from './operation.ts';
import { Label, type Memory, type Slot } from './operation.ts';

/** What an operation may say beside its call; see {@link Operation}. */
export interface CallOptions {
  readonly store?: Slot;
  /** Where to go on after success: {@link Operation.onZero} and {@link Operation.onPositive} in one. */
  readonly onSuccess?: Label;
  readonly onZero?: Label;
  readonly onPositive?: Label;
  readonly onError?: Label;
  readonly tolerate?: readonly number[] | 'any';
  readonly failure?: string | ((errno: number) => string);
}

export class Program {
  readonly operations: Operation[] = [];
  /** Memories that are part of the program although no operation names them. */
  readonly kept: Memory[] = [];
  #stage = '';
  #field = '';

  /** Names the part of the container's life that the operations from here on belong to. */
  stage(name: string, field = ''): void {
    this.#stage = name;
    this.#field = field;
  }

  /** Names the field of the configuration that the operations from here on come from. */
  field(name: string): void {
    this.#field = name;
  }

  /** Adds an operation. */
  call(call: CallName, args: readonly Argument[], options: CallOptions = {}): void {
    this.operations.push({
      call,
      args,
      store: options.store,
      onZero: options.onZero ?? options.onSuccess,
      onPositive: options.onPositive ?? options.onSuccess,
      onError: options.onError,
      tolerate: options.tolerate ?? [],
      stage: this.#stage,
      field: this.#field,
      failure: options.failure ?? call,
    });
  }

  /** Makes a memory part of the program, so that its words get results that the parent reads. */
  keep(memory: Memory): Memory {
    this.kept.push(memory);
    return memory;
  }

  /** A place that operations may go on at, and that {@link place} puts after them. */
  label(): Label {
    return new Label();
  }

  /** Puts a label before the next operation. */
  place(label: Label): void {
    label.index = this.operations.length;
  }
}
