import test from 'ava';
import { explain, OutputClosed } from '../../src/cli/exit.js';
import { ERROR_CODES, RqError } from '../../src/domain/error.js';

/** An error as the system or SQLite throws it. */
function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

test('every error of rq has an exit status above zero, one line and no defect', (t) => {
  for (const code of ERROR_CODES) {
    const { status, line, isDefect } = explain(new RqError(code, 'what happened'));
    t.true(status > 0 && status < 256, code);
    t.is(line, 'what happened');
    t.false(isDefect);
  }
});

test('the documented exit statuses hold', (t) => {
  const statuses = (
    [
      ...(['usage', 'nothing-matched', 'job-failed', 'queue-busy', 'queue-away'] as const),
      ...(['no-permission', 'timeout', 'interrupted'] as const),
    ] as const
  ).map((code) => explain(new RqError(code, '')).status);
  t.deepEqual(statuses, [2, 3, 4, 75, 75, 77, 124, 130]);
});

test('errors of the system become words and statuses', (t) => {
  const table: readonly [string, number][] = [
    ['SQLITE_FULL', 1],
    ['ENOSPC', 1],
    ['EDQUOT', 1],
    ['EROFS', 1],
    ['SQLITE_READONLY', 1],
    ['EACCES', 77],
    ['EPERM', 77],
    ['EIO', 75],
    ['ESTALE', 75],
    ['ENOENT', 2],
  ];
  for (const [code, status] of table) {
    const failure = explain(systemError(code, `${code}: it failed`));
    t.is(failure.status, status, code);
    t.false(failure.isDefect, code);
  }
  t.is(explain(systemError('ENOSPC', 'x')).line, 'no space left (disk or quota)');
});

test('a cause is told once', (t) => {
  const cause = systemError('EACCES', "EACCES: permission denied, open 'x'");
  const told = explain(new RqError('no-permission', 'cannot open x', { cause }));
  t.is(told.line, "cannot open x: EACCES: permission denied, open 'x'");
  const known = explain(new RqError('no-permission', 'cannot open x: EACCES', { cause }));
  t.is(known.line, 'cannot open x: EACCES');
});

test('anything else is a defect, on one line', (t) => {
  const { status, line, isDefect } = explain(new TypeError('no\nsuch\nthing'));
  t.is(status, 70);
  t.is(line, 'defect: TypeError: no such thing (RQ_DEBUG=1 shows where)');
  t.true(isDefect);
});

test('a reader who went away is no error', (t) => {
  t.deepEqual(explain(new OutputClosed()), { status: 0, line: null, isDefect: false });
});
