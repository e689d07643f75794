/** The steps of a plan, and how people read them. */
import type { Line } from '@drydock/linux/program/describe';

/** One step; `branches` name later steps of the program by its own numbers. */
export interface Step {
  readonly stage: string;
  readonly field: string;
  /** The number in the program; absent for what the runtime does itself. */
  readonly index?: number;
  readonly call: string;
  readonly branches: readonly string[];
}

/** A program's lines as steps, with what the runtime does behind the report that makes it do that: `write(<report pipe>, {ready}, 16)`. */
export function withParent(lines: readonly Line[], parent: Readonly<Record<string, readonly Step[]>>): readonly Step[] {
  return lines.flatMap((line, index) => {
    const [, message = ''] = /^write\(<report pipe>, \{(\w+)\}/.exec(line.call) ?? [];
    return [{ ...line, index }, ...(parent[message] ?? [])];
  });
}

/** The steps for people: grouped by stage, with the fields at the right. */
export function planText(steps: readonly Step[]): string {
  let stage = '';
  const lines: string[] = [];
  for (const step of steps) {
    if (step.stage !== stage) lines.push(`${lines.length > 0 ? '\n' : ''}# ${step.stage}`);
    stage = step.stage;
    const number = step.index === undefined ? '    ' : String(step.index).padStart(4);
    const branches = step.branches.length > 0 ? `  [${step.branches.join('; ')}]` : '';
    lines.push(`${`${number}  ${step.call}${branches}`.padEnd(100)}${step.field ? `  # ${step.field}` : ''}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}
