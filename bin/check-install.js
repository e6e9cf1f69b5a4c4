// Runs after npm install: both SQLite bindings are optional to npm (each fits other Node versions),
// so npm would not say that neither could be installed.
const names =
  Number(process.versions.napi) >= 10
    ? ['better-sqlite3-napi', 'better-sqlite3']
    : ['better-sqlite3'];
const works = names.some((name) => {
  try {
    new (require(name))(':memory:').close();
    return true;
  } catch {
    return false;
  }
});
if (!works) {
  console.error(
    `rq: no SQLite binding for Node ${process.versions.node}: install python3, make and g++, then run: npm rebuild better-sqlite3`,
  );
}
