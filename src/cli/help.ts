import { didYouMean } from '../domain/closest.js';
import { RqError } from '../domain/error.js';
import { EXAMPLES, FIRST_EXAMPLES, type Example } from './examples.js';
import { COMMON_OPTIONS, MODE_NAMES, MODES, modeOf, type ModeName } from './modes.js';
import { optionLabel, OPTIONS, type OptionName } from './options.js';

const SELECTION_HELP = `
A selection is jids (42  1,3,5-8  last  last3), states (pending, or p), all, and
conditions that narrow it (tag=x  'exit_status!=0'  'elapsed>10m'  'command=~make*').
With - jids are read from standard input too, as YAML, JSON, JSON lines or ids.
`;

const SUBMIT_HELP = `
Jobs listed from another queue that have stdin or data are refused: their files
are in that queue. Give --stdin (or --data) to say what they shall have instead.
`;

/** Help for a mode, or for rq as a whole. @throws RqError `usage` for an unknown mode */
export function helpText(words: readonly string[]): string {
  const [word] = words;
  if (word === undefined) return overview();
  const mode = modeOf(word);
  if (mode !== null) return modeHelp(mode);
  throw new RqError('usage', `no mode ${word} to explain${didYouMean(word, MODE_NAMES)}`);
}

/** A few lines for whoever typed only `rq`. */
export function shortUsage(): string {
  return `usage: rq QUEUE MODE [arguments] [options]
modes: ${MODE_NAMES.join(' ')}
rq help shows examples; rq MODE --help explains a mode; man rq tells all`;
}

function overview(): string {
  const modes = MODE_NAMES.map((name) => {
    const names = [name, ...MODES[name].short].join(', ');
    return `  ${names.padEnd(18)} ${MODES[name].summary}`;
  });
  return `rq: a job queue in a directory that hosts share

${exampleLines(FIRST_EXAMPLES)}

usage: rq QUEUE MODE [arguments] [options]

The queue is a directory; RQ_Q or a file .rq can name it instead. Options stand
anywhere before the command of a job. RQ_OPTS holds options for every mode.

modes:
${modes.join('\n')}

options of every mode:
${optionLines([...COMMON_OPTIONS, 'version'])}
${SELECTION_HELP}
exit status: 0 done, 1 refused or failed, 2 usage, 3 nothing matched, 4 an awaited
job failed, 70 defect, 75 busy or away (try again), 77 permission, 124 timeout,
130 interrupted. More: rq MODE --help, man rq
`;
}

function modeHelp(mode: ModeName): string {
  const { summary, words, options, short } = MODES[mode];
  const names = short.length === 0 ? '' : ` (${short.join(', ')})`;
  const own = options.length === 0 ? '' : `\noptions:\n${optionLines(options)}\n`;
  const selects = words.includes('SELECTION') || mode === 'query';
  return `rq ${mode}${names}: ${summary}

${exampleLines(EXAMPLES[mode])}

usage: rq QUEUE ${mode}${words === '' ? '' : ` ${words}`} [options]
${selects ? SELECTION_HELP : ''}${mode === 'submit' ? SUBMIT_HELP : ''}${own}
options of every mode:
${optionLines(COMMON_OPTIONS)}
`;
}

function exampleLines(examples: readonly Example[]): string {
  return examples.map(([what, command]) => `  # ${what}\n  ${command}`).join('\n');
}

function optionLines(names: readonly OptionName[]): string {
  const width = Math.max(...names.map((name) => optionLabel(name).length));
  return names
    .map((name) => `  ${optionLabel(name).padEnd(width)}  ${OPTIONS[name].description}`)
    .join('\n');
}
