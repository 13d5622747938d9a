#!/usr/bin/env bash
# Builds and tests the iOS app on Linux: its style, its stages, its models, its screens against declarations of Apple's frameworks.
#   test.sh [more options of swift test]      prints swift test's own lines last
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd .. && pwd)
swift=$(tools/setup-swift.sh) ort=$(tools/setup-ort.sh)
export CTPN_ROOT=$root LD_LIBRARY_PATH=$ort/lib
"$swift/run" swift format lint --strict -r -p --configuration .swift-format Package.swift Sources Tests App/Sources
# -O: the stages' tests take seconds, not minutes, and the times in the report are those of what a phone would run.
# --allow-shlib-undefined: libswiftObservation of Swift 6.0 lacks a function that it never calls (swiftlang/swift issue 75670).
exec "$swift/run" swift test -j 2 -Xswiftc -O -Xcc -I"$ort/include" -Xlinker -L"$ort/lib" -Xlinker --allow-shlib-undefined "$@"
