/** Has the supervisor pull: a transfer from a registry to its image store, its progress over a stream. */
import type { Descriptor } from '@drydock/oci/image-spec';
import { packAny, unpackAny } from '@drydock/rpc/any';
import {
  AuthRequest,
  AuthResponse,
  AuthType,
  ImageStore,
  OCIRegistry,
  Progress,
} from '@drydock/rpc/generated/transfer_types';
import { type AnyStream, openStream } from '@drydock/transfer/stream/stream';
import type { PullFlags } from '../commands/images/pull.ts';
import type { Supervisor } from '../context.ts';
import { platformsOf } from '../flags/platform.ts';
import { credentialsOf } from '../flags/registry.ts';
import { labelsOf } from '../words.ts';
import { findImage } from './find.ts';
import type { TransferDisplay } from './transfer-display.ts';

/** Pulls an image; answers its target. Rejects with `not implemented` where the server has no such service. */
export async function pullByServer(
  supervisor: Supervisor,
  name: string,
  args: PullFlags,
  display: TransferDisplay,
): Promise<Descriptor> {
  const progress = `progress-${process.pid}`;
  const stream = await openStream(supervisor.streaming, progress);
  const credentials = await openCredentials(supervisor, args);
  const shown = show(stream, name, display);
  const platforms = platformsOf(args);
  const wanted =
    platforms === 'all' ? [] : platforms.map(({ os, architecture, variant = '' }) => ({ os, architecture, variant }));
  const { snapshotter, allMetadata, hostsDir, plainHttp } = args;
  try {
    await supervisor.transfer.transfer({
      source: packAny(OCIRegistry, {
        reference: name,
        resolver: { hostDir: hostsDir, defaultScheme: plainHttp ? 'http' : '', authStream: credentials?.id ?? '' },
      }),
      destination: packAny(ImageStore, {
        name,
        labels: labelsOf(args.label),
        platforms: wanted,
        allMetadata,
        unpacks: (wanted.length > 0 ? wanted : [undefined]).map((platform) => ({ platform, snapshotter })),
      }),
      options: { progressStream: progress },
    });
    await shown;
  } finally {
    stream.close();
    credentials?.stream.close();
  }
  return (await findImage(supervisor, name)).target;
}

const states: Readonly<Record<string, string>> = { complete: 'done', extracted: 'done', 'already exists': 'exists' };

async function show(stream: AnyStream, name: string, display: TransferDisplay): Promise<void> {
  for (let next = await stream.receive(); next !== undefined; next = await stream.receive()) {
    const { event, desc, name: what, progress } = unpackAny(Progress, next);
    if (event === 'fetching image content') display.note(name, 'resolved');
    else if (desc !== undefined && what !== name) display.blob({ ...desc }, states[event] ?? event, progress);
  }
}

/** A stream on which the supervisor asks for credentials, if there are any. */
async function openCredentials(
  supervisor: Supervisor,
  args: PullFlags,
): Promise<{ readonly id: string; readonly stream: AnyStream } | undefined> {
  if (args.user === '' && args.refresh === '') return undefined;
  const find = await credentialsOf(args);
  const id = `credentials-${process.pid}`;
  const stream = await openStream(supervisor.streaming, id);
  const answer = async (): Promise<void> => {
    for (let next = await stream.receive(); next !== undefined; next = await stream.receive()) {
      const { host, reference, wwwauthenticate } = unpackAny(AuthRequest, next);
      const known = await find({ host, reference, challenge: wwwauthenticate[0] ?? '' });
      const isToken = known.identityToken !== '';
      stream.send(
        packAny(AuthResponse, {
          authType: isToken ? AuthType.REFRESH : AuthType.CREDENTIALS,
          username: known.username,
          secret: isToken ? known.identityToken : known.password,
        }),
      );
    }
  };
  // The transfer itself tells what went wrong.
  answer().catch(() => undefined);
  return { id, stream };
}
