import test from 'ava';
import { Cli, Command } from 'clipanion';
import { COMMANDS } from '../../src/cli/commands.js';
import type { RqContext } from '../../src/cli/context.js';
import { EXAMPLES } from '../../src/cli/examples.js';
import { helpText } from '../../src/cli/help.js';
import { MODE_NAMES, modeOf, MODES, optionsOf } from '../../src/cli/modes.js';
import { OPTION_NAMES, OPTIONS } from '../../src/cli/options.js';

const RUNNABLE = Object.entries(COMMANDS);

for (const [name, load] of RUNNABLE) {
  test(`${name} declares exactly the options that the table of modes gives it`, async (t) => {
    const mode = modeOf(name);
    if (mode === null) {
      t.fail(`${name} is no mode`);
      return;
    }
    const cli = new Cli<RqContext>({ binaryName: 'rq', enableColors: false });
    const command = await load();
    cli.register(command);
    // Every option of the table is accepted, and there are no others.
    const definition = cli.process({
      input: [
        mode,
        ...optionsOf(mode)
          .filter((option) => option !== 'help')
          .map(sample),
        '--',
      ],
      context: { queue: 'q', dash: false, input: () => process.stdin },
    });
    t.is(definition.constructor, command);
    const declared = Object.values(new command()).filter((value) => isDeclared(value)).length;
    // `help` belongs to the argv shim; clipanion would print on stdout.
    t.is(declared, optionsOf(mode).length - 1 + (hasWords(command) ? 1 : 0));
  });
}

test('every mode but help and version has a command', (t) => {
  t.deepEqual(
    RUNNABLE.map(([name]) => name).toSorted(),
    MODE_NAMES.filter((name) => name !== 'help' && name !== 'version').toSorted(),
  );
});

test('every option has a description and some mode that takes it', (t) => {
  for (const name of OPTION_NAMES) {
    t.true(OPTIONS[name].description.length > 5, name);
    t.true(name === 'version' || MODE_NAMES.some((mode) => optionsOf(mode).includes(name)), name);
  }
});

test('short forms of modes and letters of options are unique', (t) => {
  const forms = MODE_NAMES.flatMap((name) => [name, ...MODES[name].short]);
  t.is(new Set(forms).size, forms.length);
  const letters = OPTION_NAMES.flatMap((name) => OPTIONS[name].short ?? []);
  t.is(new Set(letters).size, letters.length);
});

test("Ruby Queue's short forms are understood", (t) => {
  const forms =
    'c create s submit r resubmit re resubmit l list ls list t status q query d delete rm delete ' +
    'u update f feed 0 stdin 1 stdout 2 stderr ta tail h help H help';
  const words = forms.split(' ');
  for (let at = 0; at < words.length; at += 2) {
    t.is(String(modeOf(words[at] ?? '')), words[at + 1] ?? '');
  }
});

test('help of every mode begins with an example and names its options', (t) => {
  for (const name of MODE_NAMES) {
    const text = helpText([name]);
    t.true(EXAMPLES[name].length > 0, name);
    t.regex(text.split('\n')[2] ?? '', /^ {2}# /, name);
    for (const option of optionsOf(name)) t.true(text.includes(`--${option}`), `${name} ${option}`);
    t.true(
      text.split('\n').every((line) => line.length <= 110),
      name,
    );
  }
});

test('help of rq begins with examples and names every mode', (t) => {
  const text = helpText([]);
  t.true(text.indexOf('  # Make a queue') < text.indexOf('usage:'));
  for (const name of MODE_NAMES) t.true(text.includes(`  ${name}`), name);
});

function sample(name: (typeof OPTION_NAMES)[number]): string {
  return OPTIONS[name].value === undefined ? `--${name}` : `--${name}=1`;
}

function isDeclared(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Command.isOption in value;
}

function hasWords(command: new () => object): boolean {
  return 'words' in new command();
}
