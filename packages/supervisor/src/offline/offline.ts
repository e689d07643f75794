/**
 * `drydock-supervisor --offline VERB`: looks into the data of a supervisor that does not run.
 *
 *   inspect     what there is
 *   fsck        what is wrong with it, and why; ends with 1 if anything is
 *   repair      the same, and mends it; ends with 1 if anything is left
 */
import { checkContent } from './check-content.ts';
import { checkImages } from './check-images.ts';
import { checkMetadata } from './check-metadata.ts';
import { checkSnapshots } from './check-snapshots.ts';
import { checkTasks } from './check-tasks.ts';
import { inspect, summaryText } from './inspect.ts';
import { type OfflineData, type OfflineOptions, openOffline } from './offline-data.ts';
import { type Problem, problemLine } from './problem.ts';

export interface OfflineCommand extends OfflineOptions {
  readonly verb: 'inspect' | 'fsck' | 'repair';
  /** Whether to print JSON: one document. */
  readonly json: boolean;
  /** Whether to read all blobs. */
  readonly verify: boolean;
  /** Whether to only say what would be mended. */
  readonly dryRun: boolean;
}

/** A problem as it was told, and what became of it. */
interface Told {
  readonly problem: Problem;
  /** What a dry run would do. */
  readonly would?: string;
  /** What was done; with `error`, what was tried. */
  readonly done?: string;
  readonly error?: string;
}

/** Mending one thing may show another: a blob that is forgotten breaks an image. */
const maxRounds = 5;

/** Runs a command; answers the exit code. Throws if a supervisor uses the data. */
export async function runOffline(command: OfflineCommand, print: (text: string) => void): Promise<number> {
  const data = openOffline(command);
  try {
    if (command.verb === 'inspect') {
      const summary = inspect(data);
      print(command.json ? JSON.stringify(summary, undefined, 2) : summary.map(summaryText).join('\n'));
      return 0;
    }
    const told =
      command.verb === 'repair' && !command.dryRun ? await repair(data, command.verify) : await check(data, command);
    const left = told.filter(({ done, error }) => done === undefined || error !== undefined).length;
    if (command.json) print(JSON.stringify({ problems: told.map(document) }, undefined, 2));
    else {
      const summary = `${told.length} problems${command.verb === 'repair' ? `, ${left} left` : ''}`;
      print([...told.map(line), summary].join('\n'));
    }
    return left === 0 ? 0 : 1;
  } finally {
    data.close();
  }
}

async function* findProblems(data: OfflineData, verify: boolean): AsyncGenerator<Problem> {
  yield* checkMetadata(data);
  yield* checkContent(data, verify);
  yield* checkSnapshots(data);
  yield* checkImages(data);
  yield* checkTasks(data);
}

async function check(data: OfflineData, { verify, dryRun }: OfflineCommand): Promise<Told[]> {
  const told: Told[] = [];
  for await (const problem of findProblems(data, verify)) {
    told.push({
      problem,
      ...(dryRun && problem.repair !== undefined ? { would: `would ${problem.repair.action}` } : {}),
    });
  }
  return told;
}

async function repair(data: OfflineData, verify: boolean): Promise<Told[]> {
  const told = new Map<string, Told>();
  for (let round = 0; round < maxRounds; round += 1) {
    const found: Problem[] = [];
    for await (const problem of findProblems(data, verify)) found.push(problem);
    const news = found.filter((problem) => !told.has(problemLine(problem)));
    if (news.length === 0) break;
    for (const problem of news) told.set(problemLine(problem), await mend(problem));
  }
  return [...told.values()];
}

async function mend(problem: Problem): Promise<Told> {
  if (problem.repair === undefined) return { problem };
  const done = problem.repair.action;
  try {
    await problem.repair.run();
    return { problem, done };
  } catch (error) {
    return { problem, done, error: (error as Error).message };
  }
}

function line({ problem, would, done, error }: Told): string {
  const outcome = [would, done, error].filter((text) => text !== undefined).join(': ');
  return outcome === '' ? problemLine(problem) : `${problemLine(problem)}\n  → ${outcome}`;
}

function document({ problem, done, error }: Told): object {
  const { repair, ...rest } = problem;
  return { ...rest, repair: repair?.action, done, error };
}
