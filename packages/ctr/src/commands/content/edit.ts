/** `content edit`: a blob in an editor, and the new blob that comes of it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBlob, writeBlob } from '@drydock/transfer/blobs';
import { command } from '../../command.ts';
import { wordsFlag } from '../../flags/common.ts';
import { expectDigest } from './list.ts';

export const edit = command(
  'edit [words..]',
  'edit DIGEST: edit a blob, and print the digest of the new one',
  (argv) =>
    wordsFlag(argv)
      .option('validate', { type: 'string', default: '', describe: 'json: refuse what is no JSON' })
      .option('editor', { type: 'string', default: process.env.EDITOR ?? '', describe: 'the editor ($EDITOR)' }),
  async (supervisor, { words: [digest = ''], validate, editor }) => {
    if (!['', 'json'].includes(validate)) throw new Error(`validating the edit result not supported: ${validate}`);
    expectDigest(digest);
    const original = await readBlob(supervisor.content, digest);
    const edited = editText(original, editor || 'vi');
    if (validate === 'json') JSON.parse(edited.toString());
    const labels = { 'containerd.io/gc.root': new Date().toISOString() };
    const stored = await writeBlob(supervisor.content, { ref: `edit-${digest}`, read: () => [edited], labels });
    console.log(stored.digest);
  },
);

function editText(text: Buffer, editor: string): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'edit-'));
  const file = join(directory, 'blob');
  try {
    writeFileSync(file, text);
    const { status, error } = spawnSync('sh', ['-c', `${editor} ${file}`], { stdio: 'inherit' });
    if (error !== undefined || status !== 0) throw new Error(`${editor}: exit status ${status}`, { cause: error });
    return readFileSync(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
