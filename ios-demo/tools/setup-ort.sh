#!/usr/bin/env bash
# ONNX Runtime 1.26.0 in .cache, out of one npm package: header and Linux library for the tests, and, with --ios FOLDER, the
# framework that an iPhone app links. Prints the folder. (0.4.9 of the package has telemetry: not for us.)
set -euo pipefail

CACHE=${ORT_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)/.cache/onnxruntime-1.26.0}
PACKAGE=com.github.asus4.onnxruntime@0.4.8
SUM=007a59a954d2161ffb1b3977a649c7945ee37bf30ad493891d4252c02e9536a4
FRAMEWORK="package/Plugins/iOS~/onnxruntime.xcframework"

work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
fail() { echo "make ios: $1" >&2; exit 1; }
sha256() { if command -v sha256sum > /dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1; }
unpack() { # the members given
  command -v npm > /dev/null || fail "npm not found: ONNX Runtime comes as the package $PACKAGE; on Debian: make android-tools"
  (cd "$work" && npm pack --silent "$PACKAGE" > /dev/null && mv ./*.tgz a.tgz) || fail "npm cannot fetch $PACKAGE; see its message above"
  [[ $(sha256 "$work/a.tgz") == "$SUM" ]] || fail "$PACKAGE: expected the sha256 ${SUM:0:12}…, got $(sha256 "$work/a.tgz"); fetch it again"
  tar -xzf "$work/a.tgz" -C "$work" "$@"
}

if [[ ! -f $CACHE/installed ]]; then
  unpack "$FRAMEWORK/ios-arm64/onnxruntime.framework/Headers" package/Plugins/Linux/x64/libonnxruntime.so package/LICENSE package/ThirdPartyNotices.txt
  rm -rf "$CACHE" && mkdir -p "$CACHE"/{include,lib}
  mv "$work/$FRAMEWORK/ios-arm64/onnxruntime.framework/Headers" "$CACHE/include/onnxruntime"
  mv "$work/package/Plugins/Linux/x64/libonnxruntime.so" "$CACHE/lib/libonnxruntime.so"
  ln -s libonnxruntime.so "$CACHE/lib/libonnxruntime.so.1"
  mv "$work"/package/{LICENSE,ThirdPartyNotices.txt} "$CACHE"
  touch "$CACHE/installed"
fi
if [[ ${1:-} == --ios ]]; then
  mkdir -p "$2"
  unpack "$FRAMEWORK"
  rm -rf "$2/onnxruntime.xcframework" && mv "$work/$FRAMEWORK" "$2"
  mkdir -p "$2/App/Resources/Licences" # the app carries them
  for name in LICENSE ThirdPartyNotices.txt; do cp "$CACHE/$name" "$2/App/Resources/Licences/onnxruntime-${name%.txt}.txt"; done
fi
echo "$CACHE"
