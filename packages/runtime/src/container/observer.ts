/** Somebody who looks on while a container is made: see step.ts and timings.ts. */
import type { Program } from '@drydock/linux/program/program';
import type { CreateDescriptors } from '../compile/host.ts';
import type { InitProcess } from './init.ts';

export interface Observer {
  /** Answers the program with what lets the observer see. */
  observe(program: Program, descriptors: CreateDescriptors): Program;
  /** The child has stopped, at `init.stoppedAt`; it goes on afterwards. What is thrown ends it. */
  step?(init: InitProcess): void;
  /** The child waits for `start`. */
  ready?(init: InitProcess): void;
  /** A part of the runtime's own work is done. */
  mark?(name: string): void;
  /** `run` is about to start it. What is thrown ends it. */
  beforeStart?(pid: number): void;
  /** There is nothing more to see: all went well, or nothing is left. */
  done(): void;
}
