#!/usr/bin/env bash
# Lints, builds and tests the iOS app on Linux: its stages, its models, its screens against declarations of Apple's frameworks. The first
# time it installs a Swift toolchain and ONNX Runtime into .cache. swift test's own lines come last.
#   test.sh [more options of swift test]
set -euo pipefail
cd "$(dirname "$0")"
swift=$(tools/setup-swift.sh) ort=$(tools/setup-ort.sh)
[[ -f ../out/reader-case/lines.json ]] || {
  echo "make ios: no photos and lines to compare with; write them: python -m tests.helpers.reader_case out/reader-case, or use make ios" >&2
  exit 1
}
python3 tools/check_project.py
python3 tools/check_availability.py
"$swift/run" swift format lint --strict -r -p --configuration .swift-format Package.swift Sources Tests App/Sources
# -O: the stages' tests take seconds, not minutes. --allow-shlib-undefined: libswiftObservation of Swift 6.0 lacks a function that it
# never calls (swiftlang/swift issue 75670).
export LD_LIBRARY_PATH=$ort/lib
options=(-j 2 -Xswiftc -O -Xcc -I"$ort/include" -Xlinker -L"$ort/lib" -Xlinker --allow-shlib-undefined)
"$swift/run" swift build --build-tests "${options[@]}"
tools/check-errors.sh .build/debug/Modules
exec "$swift/run" swift test --skip-build "${options[@]}" "$@"
