/** Scripts for shells that complete verbs, flags, words that a flag takes, files, and ids of containers. */
import type { Command } from './command.ts';
import type { Flag } from './flags.ts';
import { globalFlags } from './global-options.ts';

const program = 'drydock-runtime';

/** What a flag's value is, as far as it can be completed. */
type Value = 'none' | 'file' | 'directory' | 'other' | readonly string[];

/** A function for bash's programmable completion. */
export function bashCompletion(commands: readonly Command[]): string {
  const verbs = commands.map(({ name }) => name);
  const flagCases = commands.map(({ name, flags }) => `    ${name}) flags=${quoted(spellings(flags).join(' '))} ;;`);
  const all = [...globalFlags, ...commands.flatMap(({ flags }) => flags)];
  return `# bash completion for ${program}
_drydock_runtime() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} verb= root= id= at flags
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      --root) root=\${COMP_WORDS[++at]} ;;
      --root=*) root=\${COMP_WORDS[at]#*=} ;;
      ${valued(globalFlags).join('|')}) ((++at)) ;;
      -*) ;;
      *) verb=\${COMP_WORDS[at]}; break ;;
    esac
  done
  case $before in
${bashValues(all)}
  esac
  if [[ -z $verb ]]; then
    COMPREPLY=($(compgen -W ${quoted([...verbs, ...spellings(globalFlags)].join(' '))} -- "$word"))
    return
  fi
  case $verb in
${flagCases.join('\n')}
    *) return ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  elif [[ $verb == completion ]]; then
    COMPREPLY=($(compgen -W 'bash zsh' -- "$word"))
  elif [[ $verb == plan ]]; then
    COMPREPLY=($(compgen -d -- "$word"))
  else
    COMPREPLY=($(compgen -W "$(${program} \${root:+--root "$root"} list -q 2>/dev/null)" -- "$word"))
  fi
}
complete -F _drydock_runtime ${program}
`;
}

/** A function for zsh's completion system. */
export function zshCompletion(commands: readonly Command[]): string {
  const verbs = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`);
  const cases = commands.map(({ name, flags }) => {
    const last = name === 'completion' ? "'1:shell:(bash zsh)'" : name === 'plan' ? "'1:bundle:_directories'" : '';
    const rest = last || "'1:container:_drydock_runtime_ids' '*:argument:_files'";
    return `    (${name}) _arguments ${[...flags.flatMap(zshFlag), rest].join(' ')} ;;`;
  });
  return `#compdef ${program}
# zsh completion for ${program}
_drydock_runtime_ids() {
  local -a ids
  ids=(\${(f)"$(${program} \${opt_args[--root]:+--root \${opt_args[--root]}} list -q 2>/dev/null)"})
  compadd -a ids
}
_drydock_runtime() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a verbs
  verbs=(
${verbs.join('\n')}
  )
  _arguments -C ${globalFlags.flatMap(zshFlag).join(' ')} '1:command:->verb' '*::argument:->rest'
  case $state in
    (verb) _describe command verbs; return ;;
  esac
  case $words[1] in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _drydock_runtime ]]; then _drydock_runtime "$@"; else compdef _drydock_runtime ${program}; fi
`;
}

function bashValues(flags: readonly Flag[]): string {
  const files = flags.filter((flag) => valueKind(flag) === 'file');
  const directories = flags.filter((flag) => valueKind(flag) === 'directory');
  const chosen = new Map(flags.flatMap((flag) => (Array.isArray(valueKind(flag)) ? [[flag.names[0]!, flag]] : [])));
  const pattern = (list: readonly Flag[]) => [...new Set(list.flatMap((flag) => spellings([flag])))].join('|');
  return [
    ...[...chosen.values()].map(
      (flag) =>
        `    ${pattern([flag])}) COMPREPLY=($(compgen -W ${quoted(flag.choices!.join(' '))} -- "$word")); return ;;`,
    ),
    `    ${pattern(files)}) COMPREPLY=($(compgen -f -- "$word")); return ;;`,
    `    ${pattern(directories)}) COMPREPLY=($(compgen -d -- "$word")); return ;;`,
  ].join('\n');
}

/** A flag's specifications for _arguments, one a name. */
function zshFlag(flag: Flag): string[] {
  if (flag.hidden) return [];
  const value = valueKind(flag);
  const again = flag.kind === 'list' || flag.kind === 'numbers' ? '*' : '';
  const help = flag.help.replace(/[[\]:]/g, (letter) => `\\${letter}`);
  const actions: Readonly<Record<string, string>> = { file: ':file:_files', directory: ':directory:_directories' };
  const action = Array.isArray(value)
    ? `:value:(${value.join(' ')})`
    : value === 'none'
      ? ''
      : (actions[value as string] ?? ':value:');
  return spellings([flag]).map((name) => quoted(`${again}${name}[${help}]${action}`));
}

/** What follows a flag, known by its name: the table says only whether it is text. */
function valueKind({ names: [name = ''], kind, choices }: Flag): Value {
  if (kind === 'bool' || kind === 'optional') return 'none';
  if (choices) return choices;
  if (/^(root|bundle|(image|work|parent)-path)$/.test(name)) return 'directory';
  return /(file|socket|log|criu|process|resources)$/.test(name) ? 'file' : 'other';
}

function valued(flags: readonly Flag[]): string[] {
  return spellings(flags.filter(({ kind, names }) => kind !== 'bool' && kind !== 'optional' && names[0] !== 'root'));
}

function spellings(flags: readonly Flag[]): string[] {
  return flags
    .filter(({ hidden }) => !hidden)
    .flatMap(({ names }) => names.map((name) => (name.length === 1 ? `-${name}` : `--${name}`)));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
