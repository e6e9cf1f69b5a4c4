-- The queue as rq 0.1.0 makes it. Migrations are never edited once released: a later one changes what this one made.
-- application_id says 'rq' to file(1); user_version is the number of the last migration.

create table meta (
  id          integer primary key check (id = 1),
  uuid        text not null,                  -- a copy or snapshot gets a new one
  generation  integer not null,               -- the highest lease generation that committed (design: the fencing number)
  queue_time  text not null,                  -- the queue clock at the last commit; it never runs backward
  directory   integer,                        -- inode of the queue directory; null until create has renamed it into place
  created     text not null
) strict;

-- Which migrations ran, and the oldest rq that can work with the result.
create table migrations (
  version  integer primary key,
  title    text not null,
  needs    text not null,
  applied  text not null
) strict;

-- Times and limits, fixed at create so that every host agrees on them (lease_ttl_ms and so on).
create table settings (
  name   text primary key,
  value  text not null
) strict, without rowid;

-- One row a committed write transaction: how a writer whose COMMIT failed learns what became of it.
create table commits (
  generation  integer primary key,
  token       text not null,
  at          text not null,
  operation   text not null,
  host        text not null,
  pid         integer not null
) strict;

-- Jobs with the same user, host constraint and lane, so that a feeder looks only where it may take from:
-- a claim costs the same however many jobs wait for somebody else.
create table classes (
  id     integer primary key,
  user   text not null,
  hosts  text check (hosts is null or json_valid(hosts)),
  lane   text not null
) strict;
create unique index classes_all on classes (user, coalesce(hosts, ''), lane);

create table jobs (
  jid          integer primary key autoincrement,   -- never reused
  priority     integer not null default 0,
  state        text not null check (state in ('pending', 'holding', 'waiting', 'running', 'finished', 'dead')),
  submitted    text not null,
  started      text,
  finished     text,
  elapsed      real,
  submitter    text not null,
  runner       text,
  stdin        text,
  stdout       text,
  stderr       text,
  data         text,
  pid          integer,
  exit_status  integer,
  tag          text,
  restartable  integer not null default 0 check (restartable in (0, 1)),
  command      text not null check (command <> ''),
  signal       text,
  attempt      integer not null default 0 check (attempt >= 0),
  reason       text,
  user         text not null,
  cwd          text,
  argv         text check (argv is null or json_type(argv) = 'array'),
  shell        text,
  env          text check (env is null or json_type(env) = 'object'),
  hosts        text check (hosts is null or json_type(hosts) = 'array'),
  node         text,
  cpu          real,
  max_rss      integer,
  lane         text not null default 'main',
  class        integer not null references classes (id),
  upload       text,                                -- random name of stdin and data until they are renamed to the jid
  presumed     integer not null default 0 check (presumed in (0, 1)),  -- dead by silence, not by proof
  check (exit_status is null or signal is null),
  check (state <> 'running' or (node is not null and runner is not null and attempt > 0)),
  check (state not in ('pending', 'holding', 'waiting') or (finished is null and exit_status is null and signal is null))
) strict;

create index jobs_claim    on jobs (class, priority desc, jid) where state = 'pending';
create index jobs_by_state on jobs (state, jid);
create index jobs_by_tag   on jobs (tag, jid) where tag is not null;
create index jobs_waiting  on jobs (state, submitted) where state in ('pending', 'holding', 'waiting');
create index jobs_started  on jobs (started) where state = 'running';
create index jobs_elapsed  on jobs (state, elapsed) where state in ('finished', 'dead') and elapsed is not null;
create index jobs_upload   on jobs (jid) where upload is not null;

-- The arrows of domain/state.ts.
create trigger jobs_arrows before update of state on jobs
when old.state <> new.state and old.state || '>' || new.state not in (
  'pending>holding', 'pending>waiting', 'pending>running', 'pending>dead',
  'holding>pending', 'holding>waiting', 'holding>dead',
  'waiting>pending', 'waiting>holding', 'waiting>dead',
  'running>finished', 'running>dead', 'running>pending', 'running>waiting',
  'finished>pending', 'finished>holding', 'finished>waiting',
  'dead>pending', 'dead>holding', 'dead>waiting', 'dead>finished')
begin
  select raise(abort, 'illegal change of a job''s state');
end;

create table nodes (
  id          integer primary key,
  name        text not null,
  host        text not null,
  machine_id  text not null,
  boot_id     text not null,
  pid_ns      text not null,
  user        text not null,
  uid         integer not null,
  feeder_pid  integer,
  feeder_start integer,                             -- field 22 of /proc/PID/stat: with the boot id it names the process for good
  spool       text,                                 -- random id of the runner's spool
  directory   text not null,                        -- host-local directory of socket, locks and spool
  slots       integer not null check (slots >= 0),
  state       text not null check (state in ('feeding', 'draining', 'stopped')),
  since       text not null,
  version     text not null
) strict;
create unique index nodes_identity on nodes (name, machine_id, uid);

-- One row a run. A result is accepted only from the attempt that the job still has.
create table attempts (
  jid          integer not null,
  attempt      integer not null,
  token        text not null unique,                -- the runner's name for it: also the directory in its spool
  node_id      integer not null references nodes (id),
  boot_id      text not null,
  spool        text not null,
  pid          integer not null,
  pid_start    integer not null,
  claimed      text not null,
  finished     text,
  exit_status  integer,
  signal       text,
  elapsed      real,
  cpu          real,
  max_rss      integer,
  outcome      text not null default 'running'
               check (outcome in ('running', 'finished', 'no-go', 'stopped', 'rescued', 'lost')),
  reason       text,
  primary key (jid, attempt)
) strict, without rowid;
create index attempts_running on attempts (node_id) where outcome = 'running';

-- What changed, who did it, where, when. A change of many jobs at once is one row over their range of jids.
create table events (
  id         integer primary key,
  at         text not null,
  user       text not null,
  host       text not null,
  operation  text not null,
  jid        integer,
  jid_last   integer,
  before     text check (before is null or json_valid(before)),
  after      text check (after is null or json_valid(after))
) strict;
create index events_by_jid on events (jid_last, jid) where jid is not null;

-- What delete took, until it expires; the files are in q/trash/JID.
create table trash (
  jid      integer primary key,
  deleted  text not null,
  job      text not null check (json_valid(job))
) strict;

-- Kept by the triggers below, so that status never scans.
--   state / STATE, tag / TAG / STATE, class / ID (pending), node / NAME (running),
--   exit / code or signal (finished), elapsed (finished; total in seconds)
create table counters (
  kind   text not null,
  key    text not null,
  state  text not null,
  n      integer not null,
  total  real not null default 0,
  primary key (kind, key, state)
) strict, without rowid;

-- Jobs finished in each minute (UTC, 2026-11-21T20:31): throughput, which deleting jobs does not change.
create table minutes (
  minute    text primary key,
  finished  integer not null
) strict, without rowid;

create trigger jobs_counted_in after insert on jobs
begin
  insert into counters (kind, key, state, n) values ('state', new.state, '', 1)
    on conflict do update set n = n + 1;
  insert into counters (kind, key, state, n) select 'tag', new.tag, new.state, 1 where new.tag is not null
    on conflict do update set n = n + 1;
  insert into counters (kind, key, state, n) select 'class', new.class, '', 1 where new.state = 'pending'
    on conflict do update set n = n + 1;
  insert into counters (kind, key, state, n) select 'node', new.node, '', 1 where new.state = 'running'
    on conflict do update set n = n + 1;
  insert into counters (kind, key, state, n)
    select 'exit', coalesce(new.signal, new.exit_status), '', 1
    where new.state = 'finished' and coalesce(new.signal, new.exit_status) is not null
    on conflict do update set n = n + 1;
  insert into counters (kind, key, state, n, total)
    select 'elapsed', '', '', 1, new.elapsed where new.state = 'finished' and new.elapsed is not null
    on conflict do update set n = n + 1, total = total + excluded.total;
end;

create trigger jobs_counted_out after delete on jobs
begin
  update counters set n = n - 1 where kind = 'state' and key = old.state and state = '';
  update counters set n = n - 1 where kind = 'tag' and key = old.tag and state = old.state;
  update counters set n = n - 1
    where kind = 'class' and key = cast(old.class as text) and state = '' and old.state = 'pending';
  update counters set n = n - 1 where kind = 'node' and key = old.node and state = '' and old.state = 'running';
  update counters set n = n - 1
    where kind = 'exit' and key = cast(coalesce(old.signal, old.exit_status) as text) and state = ''
      and old.state = 'finished';
  update counters set n = n - 1, total = total - old.elapsed
    where kind = 'elapsed' and key = '' and state = '' and old.state = 'finished' and old.elapsed is not null;
end;

create trigger jobs_counted_over after update of state, tag, class, node, exit_status, signal, elapsed on jobs
when old.state <> new.state or old.tag is not new.tag or old.class <> new.class or old.node is not new.node
  or old.exit_status is not new.exit_status or old.signal is not new.signal or old.elapsed is not new.elapsed
begin
  update counters set n = n - 1 where kind = 'state' and key = old.state and state = '';
  insert into counters (kind, key, state, n) values ('state', new.state, '', 1)
    on conflict do update set n = n + 1;

  update counters set n = n - 1 where kind = 'tag' and key = old.tag and state = old.state;
  insert into counters (kind, key, state, n) select 'tag', new.tag, new.state, 1 where new.tag is not null
    on conflict do update set n = n + 1;

  update counters set n = n - 1
    where kind = 'class' and key = cast(old.class as text) and state = '' and old.state = 'pending';
  insert into counters (kind, key, state, n) select 'class', new.class, '', 1 where new.state = 'pending'
    on conflict do update set n = n + 1;

  update counters set n = n - 1 where kind = 'node' and key = old.node and state = '' and old.state = 'running';
  insert into counters (kind, key, state, n) select 'node', new.node, '', 1 where new.state = 'running'
    on conflict do update set n = n + 1;

  update counters set n = n - 1
    where kind = 'exit' and key = cast(coalesce(old.signal, old.exit_status) as text) and state = ''
      and old.state = 'finished';
  insert into counters (kind, key, state, n)
    select 'exit', coalesce(new.signal, new.exit_status), '', 1
    where new.state = 'finished' and coalesce(new.signal, new.exit_status) is not null
    on conflict do update set n = n + 1;

  update counters set n = n - 1, total = total - old.elapsed
    where kind = 'elapsed' and key = '' and state = '' and old.state = 'finished' and old.elapsed is not null;
  insert into counters (kind, key, state, n, total)
    select 'elapsed', '', '', 1, new.elapsed where new.state = 'finished' and new.elapsed is not null
    on conflict do update set n = n + 1, total = total + excluded.total;

  insert into minutes (minute, finished)
    select substr(new.finished, 1, 16), 1
    where new.state = 'finished' and old.state <> 'finished' and new.finished is not null
    on conflict do update set finished = finished + 1;
end;
