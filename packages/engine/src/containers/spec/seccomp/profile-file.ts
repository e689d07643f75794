/** A seccomp profile of the user's own, in Docker's JSON: conditions are resolved for the container and the machine. */
import type { Seccomp } from '@drydock/oci/runtime-spec';
import { z } from 'zod';
import { badParameter } from '../../../errors.ts';

const Condition = z
  .looseObject({
    caps: z.array(z.string()).nullish(),
    arches: z.array(z.string()).nullish(),
    minKernel: z.string().nullish(),
  })
  .nullish();

const Profile = z.looseObject({
  defaultAction: z.string(),
  defaultErrnoRet: z.number().int().optional(),
  architectures: z.array(z.string()).nullish(),
  archMap: z
    .array(z.looseObject({ architecture: z.string(), subArchitectures: z.array(z.string()).nullish() }))
    .nullish(),
  flags: z.array(z.string()).nullish(),
  syscalls: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        names: z.array(z.string()).nullish(),
        action: z.string(),
        errnoRet: z.number().int().nullish(),
        args: z
          .array(
            z.looseObject({
              index: z.number().int(),
              value: z.number(),
              valueTwo: z.number().optional(),
              op: z.string(),
            }),
          )
          .nullish(),
        includes: Condition,
        excludes: Condition,
      }),
    )
    .nullish(),
});

export interface ProfileContext {
  readonly capabilities: readonly string[];
  /** Go's name of the machine, such as `amd64`. */
  readonly architecture: string;
  readonly kernel: string;
}

/** The native architectures as seccomp names them. */
const native: Readonly<Record<string, string>> = { amd64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' };

/** Parses and resolves a profile. */
export function resolveProfile(json: string, context: ProfileContext): Seccomp {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    throw badParameter(`Decoding seccomp profile failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = Profile.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badParameter(`Decoding seccomp profile failed: field ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const profile = parsed.data;
  const mapped = profile.archMap?.find(({ architecture }) => architecture === native[context.architecture]);
  const rules = (profile.syscalls ?? []).filter(
    ({ includes, excludes }) => holds(includes, context, true) && !holds(excludes, context, false),
  );
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    architectures:
      mapped === undefined ? (profile.architectures ?? []) : [mapped.architecture, ...(mapped.subArchitectures ?? [])],
    ...(profile.flags ? { flags: profile.flags } : {}),
    syscalls: rules.map(({ name, names, action, errnoRet, args }) => ({
      names: names ?? (name === undefined ? [] : [name]),
      action,
      ...(errnoRet === undefined || errnoRet === null ? {} : { errnoRet }),
      ...(args && args.length > 0 ? { args } : {}),
    })),
  };
}

/** Includes: everything said must hold. Excludes: one thing that holds is enough. An absent condition is `missing`. */
function holds(condition: z.output<typeof Condition>, context: ProfileContext, missing: boolean): boolean {
  const { caps, arches, minKernel } = condition ?? {};
  const tests: boolean[] = [];
  if (caps && caps.length > 0) {
    const has = (cap: string): boolean => context.capabilities.includes(cap);
    tests.push(missing ? caps.every(has) : caps.some(has));
  }
  if (arches && arches.length > 0) tests.push(arches.includes(context.architecture));
  if (minKernel) tests.push(isAtLeast(context.kernel, minKernel));
  if (tests.length === 0) return missing;
  return missing ? tests.every(Boolean) : tests.some(Boolean);
}

function isAtLeast(kernel: string, minimum: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  const [wantedMajor = 0, wantedMinor = 0] = minimum.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
