/** Describes proto files as reflection hands them out: google.protobuf.FileDescriptorProto, with all names in full. */
import { basename } from 'node:path';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';

/** What a shim serves, and what is in its Anys. What these files import comes with them. */
const described = [
  'shim_task.proto',
  'shim_extra.proto',
  'event_payloads.proto',
  'runc_options.proto',
  'reflection.proto',
];
/** Packages that are served under a second name, with all that they hold. */
const alsoNamed: Readonly<Record<string, string>> = {
  'containerd.task.v2': 'containerd.task.v3',
  'grpc.reflection.v1': 'grpc.reflection.v1alpha',
};

const labels = { optional: 1, repeated: 3 };
const scalars: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
};
const messageType = 11;
const enumType = 14;

interface File {
  readonly name: string;
  readonly package: string;
  readonly syntax: 'proto3';
  readonly dependency: string[];
  readonly messageType: object[];
  readonly enumType: object[];
  readonly service: object[];
  /** Full names of its messages, enums, services and methods. Not part of the message. */
  readonly symbols: string[];
}

type Declared = protobuf.Type | protobuf.Enum | protobuf.Service;

/** The module with the descriptors of {@link described}. */
export function renderDescriptors(root: protobuf.Root): string {
  const files = new Map<string, File>();
  for (const object of declarations(root)) addTo(files, object);
  const wanted = closure(described, files);
  const all = wanted.flatMap((file) => [file, ...renamed(file)]);
  const rows = all.map((file) => {
    const { name, dependency, symbols } = file;
    const bytes = descriptor.FileDescriptorProto.encode(file).finish();
    const content = `    content: '${Buffer.from(bytes).toString('base64')}',`;
    return `  {\n    name: '${name}',\n    dependencies: ${JSON.stringify(dependency)},\n    symbols: ${JSON.stringify(symbols)},\n${content}\n  },`;
  });
  return `// Generated from protos/ by scripts/generate.ts. Do not edit.\nimport type { FileDescriptor } from '../grpc/reflection.ts';\n\nexport const descriptors: readonly FileDescriptor[] = [\n${rows.join('\n')}\n];\n`;
}

function declarations(namespace: protobuf.NamespaceBase): Declared[] {
  return namespace.nestedArray.flatMap((object): Declared[] => {
    if (isDeclared(object)) return [object];
    return object instanceof protobuf.Namespace ? declarations(object) : [];
  });
}

function isDeclared(object: protobuf.ReflectionObject): object is Declared {
  return object instanceof protobuf.Type || object instanceof protobuf.Enum || object instanceof protobuf.Service;
}

function addTo(files: Map<string, File>, object: Declared): void {
  const name = fileOf(object);
  const file = files.get(name) ?? newFile(name, object.parent!.fullName.slice(1));
  files.set(name, file);
  const uses = (other: protobuf.ReflectionObject): string => {
    const from = fileOf(other);
    if (from !== name && !file.dependency.includes(from)) file.dependency.push(from);
    return other.fullName;
  };
  file.symbols.push(...symbolsOf(object));
  if (object instanceof protobuf.Type) file.messageType.push(describeType(object, uses));
  else if (object instanceof protobuf.Enum) file.enumType.push(describeEnum(object));
  else file.service.push(describeService(object, uses));
}

function newFile(name: string, inPackage: string): File {
  const lists = { dependency: [], messageType: [], enumType: [], service: [], symbols: [] };
  return { name, package: inPackage, syntax: 'proto3', ...lists };
}

/** The file of a declaration, as it is imported. The library has those of google/protobuf built in, without their names. */
function fileOf(object: protobuf.ReflectionObject): string {
  if (object.parent instanceof protobuf.Type) return fileOf(object.parent);
  if (object.filename) return basename(object.filename);
  return `google/protobuf/${object.name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase()}.proto`;
}

function symbolsOf(object: protobuf.ReflectionObject): string[] {
  const service = object instanceof protobuf.Service ? object.methodsArray.map(fullName) : [];
  const type = object instanceof protobuf.Type ? object.nestedArray.flatMap(symbolsOf) : [];
  return [fullName(object), ...service, ...type];
}

function fullName({ fullName: name }: protobuf.ReflectionObject): string {
  return name.slice(1);
}

/** A field's name as the file has it: the library keeps it only if it has changed it. */
function nameOf(field: protobuf.Field): string {
  return (field as protobuf.Field & { protoName?: string }).protoName ?? field.name;
}

function describeType(type: protobuf.Type, uses: (object: protobuf.ReflectionObject) => string): object {
  const nested = type.nestedArray;
  const maps = type.fieldsArray.filter(({ map }) => map);
  return {
    name: type.name,
    field: type.fieldsArray.map((field) => describeField(field, uses)),
    nestedType: [
      ...nested.filter((it) => it instanceof protobuf.Type).map((it) => describeType(it, uses)),
      ...maps.map((field) => describeEntry(field, uses)),
    ],
    enumType: nested.filter((it) => it instanceof protobuf.Enum).map(describeEnum),
    oneofDecl: type.oneofsArray.map(({ name }) => ({ name: snakeCase(name) })),
  };
}

function describeField(field: protobuf.Field, uses: (object: protobuf.ReflectionObject) => string): object {
  const name = nameOf(field);
  const owner = field.parent as protobuf.Type;
  const place = { name, number: field.id, jsonName: protobuf.util.camelCase(name) };
  const oneof = field.partOf ? { oneofIndex: owner.oneofsArray.indexOf(field.partOf) } : {};
  if (field.map)
    return { ...place, label: labels.repeated, type: messageType, typeName: `${owner.fullName}.${entryName(field)}` };
  const label = field.repeated ? labels.repeated : labels.optional;
  return { ...place, ...oneof, label, ...typeOf(field, uses) };
}

/** The message that a map's entries are. */
function describeEntry(field: protobuf.Field, uses: (object: protobuf.ReflectionObject) => string): object {
  const { keyType } = field as unknown as protobuf.MapField;
  const key = { name: 'key', number: 1, label: labels.optional, type: scalars[keyType], jsonName: 'key' };
  const value = { name: 'value', number: 2, label: labels.optional, jsonName: 'value', ...typeOf(field, uses) };
  return { name: entryName(field), field: [key, value], options: { mapEntry: true } };
}

function entryName(field: protobuf.Field): string {
  const camel = protobuf.util.camelCase(nameOf(field));
  return `${camel[0]!.toUpperCase()}${camel.slice(1)}Entry`;
}

function typeOf(field: protobuf.Field, uses: (object: protobuf.ReflectionObject) => string): object {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) return { type: enumType, typeName: uses(resolvedType) };
  return resolvedType === null ? { type: scalars[field.type] } : { type: messageType, typeName: uses(resolvedType) };
}

function describeEnum({ name, values }: protobuf.Enum): object {
  return { name, value: Object.entries(values).map(([each, number]) => ({ name: each, number })) };
}

function describeService(service: protobuf.Service, uses: (object: protobuf.ReflectionObject) => string): object {
  const method = service.methodsArray.map((each) => ({
    name: each.name,
    inputType: uses(each.resolvedRequestType!),
    outputType: uses(each.resolvedResponseType!),
    clientStreaming: each.requestStream ?? false,
    serverStreaming: each.responseStream ?? false,
  }));
  return { name: service.name, method };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Files and all that they import, in the order of their names. */
function closure(names: readonly string[], files: ReadonlyMap<string, File>): File[] {
  const found = new Set<string>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const each of files.get(name)!.dependency) add(each);
  };
  for (const name of names) add(name);
  return [...found].sort().map((name) => files.get(name)!);
}

/** The file once more, under its package's other name if that has one. */
function renamed(file: File): File[] {
  const other = alsoNamed[file.package];
  if (other === undefined) return [];
  const version = other.split('.').at(-1);
  const text = JSON.stringify(file).replaceAll(`${file.package}`, other);
  return [{ ...JSON.parse(text), name: file.name.replace('.proto', `_${version}.proto`) }];
}
