import type { ModeName } from './modes.js';

/** What it does, and the command line. Help begins with these: people copy before they read. */
export type Example = readonly [what: string, command: string];

export const FIRST_EXAMPLES: readonly Example[] = [
  ['Make a queue on the shared disk', 'rq /nfs/lab/queue create'],
  ['Name it once', 'export RQ_Q=/nfs/lab/queue'],
  ['Submit a job, and a list of jobs', "rq submit -t tiles './mosaic N45'; rq submit -i jobs.txt"],
  ['Run jobs on this host, 4 at a time', 'rq start --max-feed=4'],
  ['See how it goes', 'rq status; rq list running'],
  ['Read what a job wrote', 'rq stdout 42; rq tail 42'],
  ['Run the failed ones again', "rq query 'exit_status!=0' | rq resubmit -"],
];

export const EXAMPLES: Readonly<Record<ModeName, readonly Example[]>> = {
  create: [
    ['A queue of your own', 'rq /nfs/lab/queue create'],
    ['A queue for the whole group', 'rq /nfs/lab/queue create --group=lab'],
  ],
  submit: [
    ['A shell line', "rq q submit -p 5 -t tiles 'make N45 > log && mv log done'"],
    ['A program with its own options', 'rq q submit -t count wc -l big.txt'],
    [
      'One command a line, from a file or a pipe',
      'rq q submit -i jobs.txt; sed s/x/y/ jobs.txt | rq q submit -',
    ],
    ['The same jobs once more', 'rq q list tag=tiles | rq q submit -'],
    ['With input, only on some hosts', "rq q submit --stdin=data.csv --runner='node[1-4]' ./load"],
  ],
  resubmit: [
    ['Three jobs', 'rq q resubmit 3,5-6'],
    ['All that were killed', 'rq q query signal=SIGKILL | rq q resubmit -p 9 -'],
  ],
  retry: [['Every job that failed or died', 'rq q retry all']],
  list: [
    ['All jobs', 'rq q list'],
    ['Running jobs as a table', 'rq q list running -o table'],
    ['A few fields, for other programs', 'rq q list 3,5-8 -f jid,state,exit -o json'],
    ['The five that ran longest', 'rq q list finished --sort=-elapsed --limit=5'],
  ],
  status: [
    ['All figures', 'rq q status'],
    ['Count exit codes under names', "rq q status --exit='ok=0,42 full=28'"],
  ],
  query: [
    ['Every condition must hold', "rq q query tag=tiles 'exit_status!=0'"],
    ['An expression', 'rq q query "priority > 3 and (state=\'pending\' or elapsed > 10m)"'],
    ['A pattern', "rq q query 'command=~*mosaic*'"],
  ],
  update: [
    ['One job', "rq q update 3 priority=5 command='two words'"],
    ['All that a query finds', 'rq q query tag=tiles state=pending | rq q update priority=9 -'],
  ],
  delete: [
    ['Jobs by their number', 'rq q delete 3,5-8'],
    ['All that are over', 'rq q delete finished dead'],
  ],
  hold: [['Everything with a tag', 'rq q hold tag=tiles']],
  release: [['The same again', 'rq q release tag=tiles']],
  wait: [
    ['Until job 42 is over', 'rq q wait 42'],
    ['Until nothing is left to do, for an hour at most', 'rq q wait --timeout=1h'],
    ['For the first of them', 'rq q wait --any tag=race'],
  ],
  run: [['As if it ran here', 'rq q run make test']],
  feed: [
    ['In the foreground', 'rq q feed --max-feed=2'],
    ['As a daemon with a log', 'rq q feed --daemon -l ~/rq.log'],
    ['Until nothing is left', 'rq q feed --until-empty'],
  ],
  start: [['With 8 slots; again to change their number', 'rq q start --max-feed=8']],
  shutdown: [['Finish what runs, take nothing new', 'rq q shutdown']],
  stop: [['End the jobs, too', 'rq q stop']],
  restart: [['After an upgrade of rq', 'rq q restart']],
  pid: [['For scripts', "rq q pid | awk '/pid/ {print $2}'"]],
  feeder: [['Is one alive?', 'rq q feeder']],
  stdin: [['What job 42 reads', 'rq q stdin 42']],
  stdout: [['What jobs 42 and 43 wrote', 'rq q stdout 42 43']],
  stderr: [['What went wrong', 'rq q stderr 42']],
  stdin4: [['Where it is', 'rq q stdin4 42']],
  stdout4: [['Where it is', 'ls -l $(rq q stdout4 finished)']],
  stderr4: [['Where it is', 'rq q stderr4 42']],
  tail: [['Follow a job until it is over', 'rq q tail 42']],
  help: [['A mode', 'rq help submit']],
  version: [['The version', 'rq version']],
};
