import test from 'ava';
import { FORMATS, formatOf, jobFormat, type FormatName } from '../../src/cli/output/format.js';
import type { FormatOptions } from '../../src/cli/output/job-format.js';
import { Sink } from '../../src/cli/output/sink.js';
import { cellsOf, fitCells, onOneLine } from '../../src/cli/output/width.js';
import type { Job } from '../../src/domain/job.js';

const JOB: Job = {
  jid: 7,
  priority: 0,
  state: 'finished',
  submitted: '2026-11-21T20:31:02.114Z',
  started: null,
  finished: null,
  elapsed: 90,
  submitter: 'alder',
  runner: 'birch',
  stdin: null,
  stdout: null,
  stderr: null,
  data: null,
  pid: null,
  exit_status: 0,
  tag: 'a,b',
  restartable: false,
  command: 'printf "%s"\n',
  signal: null,
  attempt: 1,
  reason: null,
  user: 'kim',
  cwd: null,
  argv: ['a', 'b c'],
  shell: null,
  env: null,
  hosts: null,
  node: null,
  cpu: null,
  max_rss: null,
  lane: 'main',
};
const PLAIN: FormatOptions = { fields: null, columns: null };

async function text(
  name: FormatName,
  jobs: readonly Job[],
  options: Partial<FormatOptions> = {},
): Promise<string> {
  const format = await jobFormat(name, { ...PLAIN, ...options });
  return jobs.map((job) => format.job(job)).join('') + format.end();
}

test('json is an array of whole objects with nulls kept', async (t) => {
  const parsed: unknown = JSON.parse(await text('json', [JOB, { ...JOB, jid: 8 }]));
  t.deepEqual(parsed, [JOB, { ...JOB, jid: 8 }]);
  t.deepEqual(JSON.parse(await text('json', [])), []);
});

test('jsonl is an object a line, and nothing for no jobs', async (t) => {
  const lines = (await text('jsonl', [JOB, JOB], { fields: ['jid', 'tag'] })).split('\n');
  t.deepEqual(lines, ['{"jid":7,"tag":"a,b"}', '{"jid":7,"tag":"a,b"}', '']);
  t.is(await text('jsonl', []), '');
});

test('csv quotes what needs it and has a header even without jobs', async (t) => {
  const fields = ['jid', 'tag', 'command', 'argv', 'cwd'] as const;
  t.is(
    await text('csv', [JOB], { fields }),
    'jid,tag,command,argv,cwd\n7,"a,b","printf ""%s""\n","[""a"",""b c""]",\n',
  );
  t.is(await text('csv', [], { fields }), 'jid,tag,command,argv,cwd\n');
});

test('yaml is a list, also without jobs', async (t) => {
  t.is(
    await text('yaml', [JOB], { fields: ['jid', 'state'] }),
    '---\n- jid: 7\n  state: finished\n',
  );
  t.is(await text('yaml', []), '--- []\n');
});

test('ids are jids, a line each', async (t) => {
  t.is(await text('ids', [JOB, { ...JOB, jid: 8 }]), '7\n8\n');
});

test('a table fits the terminal and keeps a job on one line', async (t) => {
  const long = { ...JOB, command: `echo ${'x'.repeat(300)}` };
  const lines = (await text('table', [JOB, long], { columns: 80 })).trimEnd().split('\n');
  t.is(lines.length, 3);
  t.regex(lines[0] ?? '', /^JID +STATE +PRIORITY +TAG +RUNNER +ELAPSED +EXIT +COMMAND$/);
  t.true(lines.every((line) => line.length <= 80));
  t.true((lines[1] ?? '').endsWith('printf "%s"\\n'));
  t.true((lines[2] ?? '').endsWith('…'));
});

test('a table that goes elsewhere cuts nothing off the last column', async (t) => {
  const long = { ...JOB, command: 'x'.repeat(300) };
  t.true((await text('table', [long])).includes('x'.repeat(300)));
});

test('a table of many jobs streams and keeps its columns', async (t) => {
  const jobs = Array.from({ length: 1200 }, (_, n) => ({ ...JOB, jid: n + 1 }));
  const format = await jobFormat('table', PLAIN);
  t.true(jobs.slice(0, 600).some((job) => format.job(job) !== ''));
  const lines = (await text('table', jobs)).trimEnd().split('\n');
  t.is(lines.length, 1201);
  t.is(lines.filter((line) => line.includes('COMMAND')).length, 1);
  // Wider than the jobs that were measured, and still whole.
  t.true(lines.at(-1)?.startsWith('1200  finished'));
});

test('a table of no jobs is its header', async (t) => {
  t.regex(await text('table', []), /^JID {2}STATE.*COMMAND\n$/);
});

test('an unknown format is refused', (t) => {
  t.is(formatOf(undefined), 'yaml');
  for (const name of FORMATS) t.is(formatOf(name), name);
  t.throws(() => formatOf('xml'), { message: /expected one of yaml.*got "xml"/ });
});

test('widths count cells, not letters', (t) => {
  t.is(cellsOf('héllo'), 5);
  t.is(cellsOf('日本'), 4);
  t.is(cellsOf('e\u0301'), 1);
  t.is(fitCells('日本語', 5), '日本…');
  t.is(fitCells('abc', 3), 'abc');
  t.is(onOneLine('a\nb\tc\u001b[1m'), 'a\\nb\\tc\\x1b[1m');
});

test('a sink gathers text, waits for its reader and keeps the order', async (t) => {
  const chunks: string[] = [];
  const sink = new Sink(async (chunk) => {
    await new Promise((resolve) => setImmediate(resolve));
    chunks.push(Buffer.from(chunk).toString());
  });
  for (let n = 0; n < 30_000; n += 1) await sink.write(`${n}\n`);
  await sink.flush();
  t.is(chunks.join(''), Array.from({ length: 30_000 }, (_, n) => `${n}\n`).join(''));
  t.true(chunks.length < 10);
});
