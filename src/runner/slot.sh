# One slot of the runner: runs one job after another. /bin/sh, dash or bash.
#
#   sh slot.sh SPOOL ERRORS SETSID
#
# stdin   `arm TOKEN` for this shell, then `go TOKEN DEADLINE_CS .` for the shell that it armed
# stdout  `armed TOKEN PID`, `ended TOKEN CODE NOTE`
# ERRORS  a block where the shell writes `Killed` and the like; written in place
#
# Everything here is a builtin: a job costs one fork, the exec of setsid and the exec of the job.
# Blocks are opened with <> and written in place, so that a full disk cannot lose how a job ended.
# Once the runner is gone, stdin is at its end: an armed shell leaves unrun, and this one leaves when
# its job has ended.

rq_spool=$1
rq_errors=$2
rq_setsid=$3
set -f
# Handlers, not '': what a shell ignores its children ignore for good, a handler is reset in them.
trap : HUP INT QUIT TERM PIPE

while read -r rq_verb rq_token; do
  [ "$rq_verb" = arm ] || continue
  rq_dir=$rq_spool/$rq_token
  command exec 2<>"$rq_errors" 8<>"$rq_dir/status" || exit 1
  times >&8
  (
    exec 8>&-
    # The pid of a subshell without a fork: dash and bash have no other common way.
    cd -P /proc/self || exit 1
    rq_pid=${PWD##*/}
    cd /
    printf 'armed %s %s\n' "$rq_token" "$rq_pid"
    read -r rq_verb rq_named rq_deadline rq_dot || exit 1
    [ "$rq_verb $rq_named $rq_dot" = "go $rq_token ." ] || exit 1
    read -r rq_up rq_idle </proc/uptime || exit 1
    [ "${rq_up%.*}${rq_up#*.}" -le "$rq_deadline" ] || exit 1
    # From here on the job counts as started. With set -C the shell creates the file with O_EXCL.
    set -C
    printf '%s %s .\n' "$rq_pid" "$rq_up" >"$rq_dir/marker" || exit 1
    set +C
    set +f
    . "$rq_dir/script"
    exit 125
  )
  rq_code=$?
  read -r rq_up rq_idle </proc/uptime
  # Did the shell print the name of a signal? Some it never prints: SIGINT, SIGPIPE, and bash SIGTERM.
  read -r rq_name rq_pos </proc/self/fdinfo/2
  rq_note=1
  [ "$rq_pos" != 0 ] || case $rq_code in
    130 | 141) ;;
    143) [ -n "${BASH_VERSION-}" ] || rq_note=0 ;;
    *) rq_note=0 ;;
  esac
  {
    times
    printf 'code %s\nnote %s\nuptime %s\nend\n' "$rq_code" "$rq_note" "$rq_up"
  } >&8
  exec 8>&-
  printf 'ended %s %s %s\n' "$rq_token" "$rq_code" "$rq_note"
done
