#!/usr/bin/env node
/** Makes packages/rpc/src/generated from protos/. `--check` changes nothing and fails if a file is not current. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import protobuf from 'protobufjs';
import { renderDescriptors } from './descriptors.ts';

const top = join(import.meta.dirname, '..');
const target = join(top, 'packages/rpc/src/generated');
const usage = `usage: scripts/generate.ts [--check]

Makes packages/rpc/src/generated from protos/: a TypeScript module for each file, and one with descriptors for reflection.
  --check   change nothing; fail if a module is missing, left over or not current`;

if (process.argv.includes('--help')) console.log(usage);
else if (process.argv.includes('--check')) check(generate());
else write(generate());

function generate(): Map<string, string> {
  const root = new protobuf.Root();
  const protos = readdirSync(join(top, 'protos'))
    .filter((name) => name.endsWith('.proto'))
    .sort();
  root.resolvePath = (_origin, path) => (path.startsWith('google/') ? path : join(top, 'protos', basename(path)));
  root.loadSync(protos);
  root.resolveAll();
  const modules = new Map<string, protobuf.ReflectionObject[]>();
  collect(root, modules);
  const files = [...modules].map(([name, objects]): [string, string] => [`${name}.ts`, render(name, objects)]);
  return new Map([...files, ['descriptors.ts', renderDescriptors(root)]]);
}

/** Groups the top-level messages, enums and services by the module that they go to. */
function collect(namespace: protobuf.NamespaceBase, modules: Map<string, protobuf.ReflectionObject[]>): void {
  for (const object of namespace.nestedArray) {
    if (object instanceof protobuf.Type || object instanceof protobuf.Enum || object instanceof protobuf.Service) {
      const name = moduleOf(object);
      modules.set(name, [...(modules.get(name) ?? []), object]);
    } else if (object instanceof protobuf.Namespace) collect(object, modules);
  }
}

function moduleOf(object: protobuf.ReflectionObject): string {
  const file = object.filename ?? '';
  return file.startsWith('google/') || file === '' ? 'google' : basename(file, '.proto');
}

function render(module: string, objects: protobuf.ReflectionObject[]): string {
  const imports = new Map<string, Set<string>>();
  const uses = (object: protobuf.ReflectionObject): string => {
    const name = typeName(object);
    const from = moduleOf(topLevel(object));
    if (from !== module) imports.set(from, (imports.get(from) ?? new Set()).add(name));
    return name;
  };
  // A service's table refers to its messages, so it stands below them.
  const ordered = [
    ...objects.filter((it) => !(it instanceof protobuf.Service)),
    ...objects.filter((it) => it instanceof protobuf.Service),
  ];
  const body = ordered.flatMap((object) => renderObject(object, uses)).join('\n');
  const head = [
    '// Generated from protos/ by scripts/generate.ts. Do not edit.',
    ...(body.includes('message<') ? ["import { type Codec, message } from '../codec.ts';"] : []),
    ...[...imports].sort().map(([from, names]) => `import { ${[...names].sort().join(', ')} } from './${from}.ts';`),
  ];
  return `${head.join('\n')}\n\n${body}`;
}

function renderObject(
  object: protobuf.ReflectionObject,
  uses: (object: protobuf.ReflectionObject) => string,
): string[] {
  if (object instanceof protobuf.Enum) return [renderEnum(object)];
  if (object instanceof protobuf.Service) return [renderService(object, uses)];
  if (!(object instanceof protobuf.Type)) return [];
  return [...object.nestedArray.flatMap((nested) => renderObject(nested, uses)), renderMessage(object, uses)];
}

function renderEnum(object: protobuf.Enum): string {
  const values = Object.entries(object.values).map(([name, value]) => `  ${name}: ${value},`);
  return `export const ${typeName(object)} = {\n${values.join('\n')}\n} as const;\n`;
}

function renderMessage(type: protobuf.Type, uses: (object: protobuf.ReflectionObject) => string): string {
  const name = typeName(type);
  const members: string[] = [];
  const rows: string[] = [];
  for (const field of type.fieldsArray) {
    const resolved = field.resolvedType;
    const isMessage = resolved instanceof protobuf.Type;
    const plain = isMessage ? uses(resolved) : scalarType(resolved instanceof protobuf.Enum ? 'int32' : field.type);
    const kind = field.map ? 'map' : field.repeated ? 'repeated' : undefined;
    const full =
      kind === 'map'
        ? `Record<string, ${plain}>`
        : kind === 'repeated'
          ? `${plain}[]`
          : isMessage
            ? `${plain} | undefined`
            : plain;
    const wire = isMessage ? `() => ${plain}` : `'${resolved instanceof protobuf.Enum ? 'int32' : field.type}'`;
    const member = protobuf.util.camelCase(field.name);
    members.push(`  ${member}: ${full};`);
    rows.push(`  [${field.id}, '${member}', ${wire}${kind ? `, '${kind}'` : ''}],`);
  }
  const body = members.length === 0 ? '{}' : `{\n${members.join('\n')}\n}`;
  const table = rows.length === 0 ? '[]' : `[\n${rows.join('\n')}\n]`;
  return `export interface ${name} ${body}\nexport const ${name}: Codec<${name}> = message<${name}>('${fullName(type)}', ${table});\n`;
}

function renderService(service: protobuf.Service, uses: (object: protobuf.ReflectionObject) => string): string {
  const rows = service.methodsArray.map((method) => {
    const request = uses(method.resolvedRequestType!);
    const response = uses(method.resolvedResponseType!);
    const key = method.name[0]!.toLowerCase() + method.name.slice(1);
    return `    ${key}: { name: '${method.name}', request: ${request}, response: ${response}, requestStream: ${method.requestStream ?? false}, responseStream: ${method.responseStream ?? false} },`;
  });
  return `export const ${service.name} = {\n  name: '${fullName(service)}',\n  methods: {\n${rows.join('\n')}\n  },\n} as const;\n`;
}

function scalarType(type: string): string {
  if (type === 'string') return 'string';
  if (type === 'bytes') return 'Uint8Array';
  return type === 'bool' ? 'boolean' : 'number';
}

/** A nested message's name has its parent's in front: `Container.Runtime` is `ContainerRuntime`. */
function typeName(object: protobuf.ReflectionObject): string {
  return object.parent instanceof protobuf.Type ? typeName(object.parent) + object.name : object.name;
}

function topLevel(object: protobuf.ReflectionObject): protobuf.ReflectionObject {
  return object.parent instanceof protobuf.Type ? topLevel(object.parent) : object;
}

function fullName(object: protobuf.ReflectionObject): string {
  return object.fullName.replace(/^\./, '');
}

function write(files: Map<string, string>): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(target, name), text);
  console.log(`generated ${files.size} modules in packages/rpc/src/generated`);
}

function check(files: Map<string, string>): void {
  const present = existsSync(target) ? readdirSync(target) : [];
  const stale = [...files].filter(
    ([name, text]) => !present.includes(name) || readFileSync(join(target, name), 'utf8') !== text,
  );
  const extra = present.filter((name) => !files.has(name));
  const wrong = [...stale.map(([name]) => name), ...extra];
  if (wrong.length === 0) {
    console.log(`${files.size} generated modules are current`);
  } else {
    console.error(`not current: ${wrong.join(', ')}; run scripts/generate.ts`);
    process.exitCode = 1;
  }
}
