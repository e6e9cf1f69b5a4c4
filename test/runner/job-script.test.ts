import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Bench } from './fixtures/runner.js';

const NASTY = `-a "b" 'c' $HOME \`id\` \\ \\n ! * ? ~ # ; & | ( ) < > é 漢字 🙂
second line\ttab  two blanks `;

test('an exact argv arrives exactly', async (t) => {
  const bench = new Bench(t);
  const { ending, out } = await bench.job({ argv: ['printf', '[%s]', NASTY, '', '-n', "'"] });
  t.is(ending.exitStatus, 0);
  t.is(out, `[${NASTY}][][-n][']`);
});

test('a shell line keeps its quotes, newlines and leading dash', async (t) => {
  const bench = new Bench(t);
  const command = `printf '%s|' "a  b" 'c"d' "$((1 + 1))" \`echo tick\`\nprintf 'é%s' "$1" # ' comment\necho "'end'"`;
  for (const shell of ['bash', 'sh', '/bin/bash', null]) {
    const { ending, out } = await bench.job({ command, shell });
    t.deepEqual([shell, ending.exitStatus, out], [shell, 0, `a  b|c"d|2|tick|é'end'\n`]);
  }
  t.is((await bench.job({ command: '-no-such --option', shell: 'bash' })).ending.exitStatus, 127);
});

test('the queue own bin directory comes first in PATH, after the profile', async (t) => {
  const bench = new Bench(t);
  const bin = join(bench.directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ls'), '#!/bin/sh\necho ours\n');
  chmodSync(join(bin, 'ls'), 0o755);
  writeFileSync(join(bench.directory, '.bash_profile'), 'PATH=/usr/bin:/bin\nPROFILE=read\n');
  const env = { HOME: bench.directory };
  const bash = await bench.job({ command: 'ls; echo "$PROFILE"', shell: 'bash', env });
  t.is(bash.out, 'ours\nread\n');
  t.is((await bench.job({ command: 'ls', shell: 'sh' })).out, 'ours\n');
  t.is((await bench.job({ argv: ['ls'] })).out, 'ours\n');
});

test('a command of 1 MiB runs from its file', async (t) => {
  const bench = new Bench(t);
  const commandFile = join(bench.directory, "long 'command'");
  const command = `: ${'x'.repeat(1 << 20)}\necho done; exit 9`;
  writeFileSync(commandFile, command);
  for (const shell of ['bash', 'sh']) {
    const { ending, out } = await bench.job({ command, commandFile, shell });
    t.deepEqual([shell, ending.exitStatus, out], [shell, 9, 'done\n']);
  }
});

test('variables of the job are set whatever their name and value, those of rq do not leak', async (t) => {
  const bench = new Bench(t);
  const env = {
    PLAIN: NASTY,
    'dotted.name': 'x y',
    UID: '12',
    PATH: '/nowhere',
    IFS: 'a',
    RQ_JID: '1',
  };
  const { out } = await bench.job({
    argv: [process.execPath, '-p', 'JSON.stringify(process.env)'],
    env,
  });
  const seen = Object.entries(JSON.parse(out));
  for (const [name, value] of Object.entries(env)) {
    if (name !== 'PATH')
      t.deepEqual(
        seen.find(([key]) => key === name),
        [name, value],
      );
  }
  const ours = seen.map(([name]) => name).filter((name) => name.toUpperCase().startsWith('RQ'));
  t.deepEqual(ours.toSorted(), ['RQ_JID', 'RQ_TOKEN']);
});

test('a job starts in its directory, or at home with a line that says so', async (t) => {
  const bench = new Bench(t);
  const cwd = join(bench.directory, 'a "b" $c');
  mkdirSync(cwd);
  t.is((await bench.job({ command: 'pwd', cwd })).out, `${cwd}\n`);
  const { out, err, ending } = await bench.job({
    command: 'pwd',
    cwd: '/no such/directory',
    home: cwd,
  });
  t.is(out, `${cwd}\n`);
  t.is(err, 'rq: no directory /no such/directory on this host, using home\n');
  t.is(ending.exitStatus, 0);
});

test('standard input is the stored file or empty', async (t) => {
  const bench = new Bench(t);
  const stdinPath = join(bench.directory, 'in put');
  writeFileSync(stdinPath, Buffer.from([0, 255, 10, 1]));
  t.is((await bench.job({ argv: ['od', '-An', '-tx1'], stdinPath })).out, ' 00 ff 0a 01\n');
  t.is((await bench.job({ argv: ['wc', '-c'] })).out, '0\n');
});

test('a job whose files cannot be opened is not run, with the reason', async (t) => {
  const bench = new Bench(t);
  for (const name of ['stdinPath', 'stdoutPath', 'stderrPath'] as const) {
    const file = join(bench.directory, 'missing', name);
    const { ending } = await bench.job({ [name]: file, command: `touch '${bench.directory}/ran'` });
    t.is(ending.exitStatus, 125);
    t.true(ending.reason?.includes(file), String(ending.reason));
    bench.attempts.settled([ending.token]);
  }
  t.is(bench.read('ran'), '');
});

test('a new attempt writes to new files', async (t) => {
  const bench = new Bench(t);
  await bench.job({ command: 'echo first' });
  linkSync(join(bench.directory, 'out'), join(bench.directory, 'keep'));
  const { out } = await bench.job({ command: 'echo second' });
  t.is(out, 'second\n');
  t.is(bench.read('keep'), 'first\n');
});

test('a link laid where the output goes is not followed', async (t) => {
  const bench = new Bench(t);
  writeFileSync(join(bench.directory, 'precious'), 'precious');
  symlinkSync(join(bench.directory, 'precious'), join(bench.directory, 'out'));
  symlinkSync(join(bench.directory, 'nowhere'), join(bench.directory, 'err'));
  const { out } = await bench.job({ command: 'echo overwritten; echo too >&2' });
  t.is(out, 'overwritten\n');
  t.is(bench.read('precious'), 'precious');
  t.false(existsSync(join(bench.directory, 'nowhere')));
});

test('what cannot be started says why on its stderr', async (t) => {
  const bench = new Bench(t);
  const missing = await bench.job({ argv: ['no such program'] });
  t.is(missing.ending.exitStatus, 127);
  t.regex(missing.err, /no such program/);
  t.is((await bench.job({ argv: ['/etc/passwd'] })).ending.exitStatus, 126);
});

test('a job has the umask and the data directory it was promised', async (t) => {
  const bench = new Bench(t);
  const dataPath = join(bench.directory, 'data', '1');
  const { out } = await bench.job({ command: 'umask; echo x >made', dataPath, umask: '027' });
  t.regex(out, /027\n$/);
  t.is(statSync(join(bench.directory, 'made')).mode & 0o777, 0o640);
  t.true(statSync(dataPath).isDirectory());
  t.is(readFileSync(join(bench.directory, 'made'), 'utf8'), 'x\n');
});
