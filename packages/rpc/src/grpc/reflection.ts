/**
 * Server reflection: a client asks what is served and for the descriptors of it, and needs no proto file of its own.
 * https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */

import type { Input } from '../codec.ts';
import { errorCodes } from '../errors.ts';
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '../generated/reflection.ts';
import { type Implementation, implement } from '../service.ts';

/** A proto file. */
export interface FileDescriptor {
  readonly name: string;
  /** The names of the files that it imports. */
  readonly dependencies: readonly string[];
  /** Full names of its messages, enums, services and methods. */
  readonly symbols: readonly string[];
  /** A google.protobuf.FileDescriptorProto in base64. */
  readonly content: string;
}

type Answer = Input<Omit<ServerReflectionResponse, 'validHost' | 'originalRequest'>>;

/** The service under either of its names, which tells of these implementations and of itself. */
export function reflection(
  implementations: readonly Implementation[],
  files: readonly FileDescriptor[],
): Implementation[] {
  const versions = [ServerReflection, { ...ServerReflection, name: 'grpc.reflection.v1alpha.ServerReflection' }];
  const services = [...implementations.map(({ service }) => service), ...versions].map(({ name }) => name).sort();
  const handlers = {
    async *serverReflectionInfo(requests: AsyncIterable<ServerReflectionRequest>) {
      const sent = new Set<string>();
      for await (const request of requests)
        yield { validHost: request.host, originalRequest: request, ...answer(request, { services, files, sent }) };
    },
  };
  return versions.map((version) => implement(version, handlers));
}

interface Known {
  readonly services: readonly string[];
  readonly files: readonly FileDescriptor[];
  /** The names of files that this client has got. */
  readonly sent: Set<string>;
}

/** A request without any question asks for the services: an empty text is not on the wire. */
function answer(request: ServerReflectionRequest, known: Known): Answer {
  const { fileByFilename, fileContainingSymbol: symbol, fileContainingExtension, allExtensionNumbersOfType } = request;
  if (fileByFilename !== '') return fileAnswer(known, fileByFilename, ({ name }) => name === fileByFilename);
  if (symbol !== '') return fileAnswer(known, symbol, ({ symbols }) => symbols.includes(symbol));
  if (fileContainingExtension !== undefined)
    return notFound(`${fileContainingExtension.containingType}: extension ${fileContainingExtension.extensionNumber}`);
  if (allExtensionNumbersOfType !== '')
    return known.files.some(({ symbols }) => symbols.includes(allExtensionNumbersOfType))
      ? { allExtensionNumbersResponse: { baseTypeName: allExtensionNumbersOfType } }
      : notFound(allExtensionNumbersOfType);
  return { listServicesResponse: { service: known.services.map((name) => ({ name })) } };
}

function fileAnswer(known: Known, asked: string, isWanted: (file: FileDescriptor) => boolean): Answer {
  const file = known.files.find(isWanted);
  if (file === undefined) return notFound(asked);
  // The one that was asked for is sent in any case.
  known.sent.delete(file.name);
  const content = withDependencies(file, known).map((each) => Buffer.from(each.content, 'base64'));
  return { fileDescriptorResponse: { fileDescriptorProto: content } };
}

/** A file, and those below it that the client has not got. */
function withDependencies(file: FileDescriptor, known: Known): FileDescriptor[] {
  if (known.sent.has(file.name)) return [];
  known.sent.add(file.name);
  const dependencies = known.files.filter(({ name }) => file.dependencies.includes(name));
  return [file, ...dependencies.flatMap((each) => withDependencies(each, known))];
}

function notFound(asked: string): Answer {
  return { errorResponse: { errorCode: errorCodes['not found'], errorMessage: `not found: ${asked}` } };
}
