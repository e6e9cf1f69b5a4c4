import { basename } from 'node:path';

export interface JobScriptParams {
  /** Absolute queue directory. */
  readonly queue: string;
  /** First in the job's PATH. */
  readonly bin: string;
  readonly jid: number;
  /** Carried as RQ_TOKEN by every process of the attempt. */
  readonly token: string;
  readonly command: string;
  /** Run exactly, without a shell, when not null. */
  readonly argv: readonly string[] | null;
  /** A shell's name or path; null: bash. */
  readonly shell: string | null;
  /** Absolute; null or missing on this host: home. */
  readonly cwd: string | null;
  readonly home: string;
  /** Null: /dev/null. */
  readonly stdinPath: string | null;
  readonly stdoutPath: string;
  readonly stderrPath: string;
  /** A directory made for the job, if it asked for one. */
  readonly dataPath: string | null;
  /** RQ_* and the job's own variables. */
  readonly env: Readonly<Record<string, string>>;
  /** As for umask(1): `022`. */
  readonly umask: string;
  /** Holds the command when it is too long for an argument (128 KiB in Linux). */
  readonly commandFile: string | null;
}

/** Shells that read a profile with -l and understand POSIX export; the others just get -c. */
const LOGIN_SHELLS = new Set(['bash', 'zsh', 'ksh', 'mksh', 'ksh93']);
/** A shell refuses to set these, so they go through env(1), like names that no shell can say. */
const READONLY_NAMES = new Set(['UID', 'EUID', 'PPID', 'BASHOPTS', 'SHELLOPTS', 'BASH_VERSINFO']);

/**
 * The POSIX sh text that an armed shell reads after its go: sets the job's world and ends in exec.
 *
 * It runs in the slot's shell with `rq_dir` (the attempt's spool directory) and `rq_setsid` set. What it
 * cannot do it tells in `$rq_dir/reason` and leaves with 125, the command unrun.
 */
export function jobScript(params: JobScriptParams): string {
  const { token, bin, home, stdinPath, stdoutPath, stderrPath } = params;
  const assignments = Object.entries({ ...params.env, RQ_TOKEN: token });
  const said = assignments.filter(([name]) => isShellName(name));
  const unsaid = assignments.filter(([name]) => !isShellName(name));
  const openErrors = `command exec 2>${quote(stderrPath)}`;
  const lines = [
    `umask ${params.umask}`,
    makeRoom(stdoutPath),
    makeRoom(stderrPath),
    'set -C',
    orLeave(`command exec <${quote(stdinPath ?? '/dev/null')}`),
    orLeave(`command exec >${quote(stdoutPath)}`),
    ...(params.dataPath === null ? [] : [orLeave(`mkdir -p -- ${quote(params.dataPath)}`)]),
    // Last: until here a message would be the job's own.
    // Not within braces that redirect 2 themselves: they would put it back.
    `${openErrors} || { { ${openErrors}; } 2>"$rq_dir/reason"; exit 125; }`,
    'set +C',
    'exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-',
    ...changeDirectory(params.cwd, home),
    'unset OLDPWD',
    `[ -n "\${HOME-}" ] || HOME=${quote(home)}`,
    'export HOME',
    ...said.map(([name, value]) => `export ${name}=${quote(value)}`),
    ...(isLogin(params) ? [] : [prependPath(bin)]),
    execLine(params, unsaid),
  ];
  return `${lines.join('\n')}\n`;
}

/** What an armed shell runs of a job that cannot start: it ends with 125 and says why. */
export function refusalScript(reason: string): string {
  return `printf '%s\\n' ${quote(reason)} >"$rq_dir/reason"\nexit 125\n`;
}

/**
 * Takes away what is at the path of an output, to be opened by `set -C` (O_EXCL) then: an earlier attempt
 * may still write to its own inode, and in a shared queue somebody may have laid a link there.
 */
function makeRoom(path: string): string {
  return orLeave(
    `{ [ ! -e ${quote(path)} ] && [ ! -h ${quote(path)} ]; } || rm -f -- ${quote(path)}`,
  );
}

/** Runs it; if it fails once more with its message kept, leaves with the reason. Builtins never fork. */
function orLeave(command: string): string {
  return `{ ${command}; } 2>/dev/null || { ${command}; } 2>"$rq_dir/reason" || exit 125`;
}

function changeDirectory(cwd: string | null, home: string): string[] {
  const goHome = `cd ${quote(home)} 2>/dev/null || cd /`;
  if (cwd === null) return [goHome];
  const message = `rq: no directory ${cwd} on this host, using home`;
  return [`cd ${quote(cwd)} 2>/dev/null || { printf '%s\\n' ${quote(message)} >&2; ${goHome}; }`];
}

function execLine(params: JobScriptParams, unsaid: readonly (readonly [string, string])[]): string {
  const words = ['exec "$rq_setsid" --'];
  if (unsaid.length > 0)
    words.push('/usr/bin/env', '--', ...unsaid.map(([name, value]) => quote(`${name}=${value}`)));
  return [...words, ...commandWords(params).map(quote)].join(' ');
}

function commandWords(params: JobScriptParams): string[] {
  const { argv, command, commandFile } = params;
  if (argv !== null) {
    if (argv[0] === undefined || params.shell === '')
      throw new Error(`job ${params.jid}: an empty argv`);
    return [...argv];
  }
  const shell = params.shell ?? 'bash';
  if (shell === 'none') throw new Error(`job ${params.jid}: shell none without an argv`);
  if (!isLogin(params)) return commandFile === null ? [shell, '-c', command] : [shell, commandFile];
  // On the command's own first line, so that the shell's messages count lines as the user does.
  const text = commandFile === null ? command : `. ${quote(commandFile)}`;
  return [shell, '-lc', `${prependPath(params.bin)}; ${text}`];
}

/** A login shell's profile may set PATH anew, so there it is done after the profile. */
function isLogin(params: JobScriptParams): boolean {
  return params.argv === null && LOGIN_SHELLS.has(basename(params.shell ?? 'bash'));
}

function prependPath(bin: string): string {
  return `export PATH=${quote(bin)}:"$PATH"`;
}

function isShellName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !READONLY_NAMES.has(name);
}

/** One word of any POSIX shell, whatever it holds. NUL cannot be in an argument and is left out. */
function quote(word: string): string {
  return `'${word.replaceAll('\0', '').replaceAll("'", "'\\''")}'`;
}
