#!/usr/bin/env bash
# Everything that Maven verifies (style, tests of core, reader and app, the APK), and of its output the figures of the tests; all of
# it is in target/verify.log. What is skipped counts as failed.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p target
if ! mvn -B -ntp "$@" verify > target/verify.log 2>&1; then
  grep -E '^\[ERROR\]|Tests run:.*(Failures: [1-9]|Errors: [1-9])' target/verify.log | head -100
  echo "android-demo/test.sh: failed; see android-demo/target/verify.log" >&2
  exit 1
fi
grep -E 'golden vectors:|Tests run:.*Skipped: [0-9]+$|Reactor Summary|SUCCESS \[' target/verify.log
if grep -qE 'Tests run:.*Skipped: [1-9]' target/verify.log; then
  grep -E 'Tests run:.*Skipped: [1-9]' target/verify.log
  echo "android-demo/test.sh: tests were skipped; see android-demo/target/verify.log" >&2
  exit 1
fi
