#!/usr/bin/env bash
# The main job from end to end: create a queue, submit the example jobs, feed them, look.
# Everything happens in a temporary directory; nothing is left behind.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rq=$here/../bin/rq
work=$(mktemp -d)
export RQ_LOCAL=$work
trap 'rm -rf "$work"' EXIT
q=$work/q

show() { printf '\n$ rq %s\n' "${*//$q/q}"; "$rq" "$@"; }

show "$q" create
show "$q" submit --fields jid,state,command -i "$here/jobs.txt"
show "$q" submit --fields jid,state,priority,tag -i "$here/jobs.yml"
show "$q" list pending --fields jid,priority,state,command
show "$q" feed --until-empty --max-feed=2 --quiet
show "$q" list -o table
printf '\n$ rq q query tag=important | egrep "jid|state|exit_status"\n'
"$rq" "$q" query tag=important | grep -E 'jid|state|exit_status'
show "$q" stdout 3
show "$q" stderr 7
show "$q" status
