/** Puts operations into a program that is built, such as stops or clocks, without changing what it does otherwise. */
import { Label, type Operation } from './operation.ts';
import { Program } from './program.ts';

/**
 * A program with operations put in front of others. A jump to an operation leads to what was put in front of it. The given
 * program stays as it is; `after` goes to the end, where only its own labels lead.
 */
export function insertOperations(
  program: Program,
  before: (operation: Operation, index: number) => readonly Operation[],
  after: readonly Operation[] = [],
): Program {
  const added = program.operations.map(before);
  const starts: number[] = [];
  let length = 0;
  for (const operations of added) {
    starts.push(length);
    length += operations.length + 1;
  }
  const moved = new Map<Label, Label>();
  const move = (label: Label | undefined): Label | undefined => {
    if (label?.index === undefined) return label;
    const known = moved.get(label) ?? new Label();
    known.index = starts[label.index] ?? length;
    moved.set(label, known);
    return known;
  };
  const result = new Program();
  for (const [index, operation] of program.operations.entries()) {
    const { onZero, onPositive, onError } = operation;
    const own = { ...operation, onZero: move(onZero), onPositive: move(onPositive), onError: move(onError) };
    result.operations.push(...added[index]!, own);
  }
  result.operations.push(...after);
  result.kept.push(...program.kept);
  return result;
}

/** An operation of its own, to be put into a program. */
export function operation(
  call: Operation['call'],
  args: Operation['args'],
  options: Partial<Omit<Operation, 'call' | 'args'>> = {},
): Operation {
  return {
    call,
    args,
    store: undefined,
    onZero: undefined,
    onPositive: undefined,
    onError: undefined,
    tolerate: [],
    stage: 'observe',
    field: '',
    failure: call,
    ...options,
  };
}
