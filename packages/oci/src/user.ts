/** Who a container's process is: names are looked up in the container's own passwd and group files. */
/** The text of a file inside the container; undefined if it is missing. */
export type ReadContainerFile = (path: string) => Promise<string | undefined>;

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

const largest = 2 ** 31 - 1;

/** Resolves `user[:group]`, names or numbers, and the names or numbers of additional groups. */
export async function resolveUser(
  text: string,
  additional: readonly string[],
  readFile: ReadContainerFile,
): Promise<ResolvedUser> {
  const [passwdText, groupText] = await Promise.all([readFile('/etc/passwd'), readFile('/etc/group')]);
  const passwd = parseLines(passwdText ?? '');
  const groups = parseLines(groupText ?? '');
  const [userPart = '', groupPart = ''] = text.split(/:(.*)/s);
  const entry = passwd.find(([name, , uid]) =>
    userPart === '' ? uid === '0' : name === userPart || (isNumber(userPart) && uid === userPart),
  );
  if (entry === undefined && userPart !== '' && !isNumber(userPart))
    throw badUser(`unable to find user ${userPart}: no matching entries in passwd file`);
  const uid = inRange(entry ? Number(entry[2]) : Number(userPart || 0));
  const gid = groupPart === '' ? (entry ? Number(entry[3]) : 0) : groupId(groupPart, groups);
  const memberOf =
    groupPart === '' && entry !== undefined
      ? groups.filter((line) => (line[3] ?? '').split(',').includes(entry[0]!))
      : [];
  // The primary group is a supplementary one too: setgroups(2) must not lose it (CVE-2022-36109).
  const more = additional.map((name) => groupId(name, groups, 'Unable to find group'));
  return { uid, gid, additionalGids: [...new Set([gid, ...memberOf.map((line) => Number(line[2])), ...more])] };
}

function groupId(text: string, groups: readonly string[][], what = 'unable to find group'): number {
  const entry = groups.find(([name]) => name === text);
  if (entry !== undefined) return Number(entry[2]);
  if (isNumber(text)) return inRange(Number(text));
  throw what === 'unable to find group'
    ? badUser(`unable to find group ${text}: no matching entries in group file`)
    : badUser(`${what} ${text}: no matching entries in group file`);
}

function parseLines(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

function isNumber(text: string): boolean {
  return /^-?\d+$/.test(text);
}

function inRange(id: number): number {
  if (id < 0 || id > largest) throw badUser(`uids and gids must be in range 0-${largest}`);
  return id;
}

/** A user or a group that a container's files do not know. */
export class UnknownUser extends Error {
  override readonly name = 'UnknownUser';
}

function badUser(message: string): UnknownUser {
  return new UnknownUser(message);
}
