#!/usr/bin/env bash
# fetch.sh CACHE: what Maven Central does not have, from npm, checked: CACHE/d8.jar (D8 8.13) and CACHE/onnxruntime.aar (1.26.0).
# Never com.github.asus4.onnxruntime 0.4.9: that ONNX Runtime has a telemetry client.
set -euo pipefail
mkdir -p "$1"
cache=$(cd "$1" && pwd)
scratch=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fetch() { # package@version, file in it, name in the cache, sha256
  [ -f "$cache/$3" ] && echo "$4  $cache/$3" | sha256sum --check --quiet && return
  echo "fetching $1" >&2
  npm pack --silent --ignore-scripts "$1" > /dev/null
  tar -xzf ./*.tgz "$2" && rm ./*.tgz
  echo "$4  $2" | sha256sum --check --quiet && mv "$2" "$cache/$3"
}

fetch com.github.asus4.onnxruntime@0.4.8 package/Plugins/Android/onnxruntime.aar onnxruntime.aar \
  09c0780ae8d734ef2774bdf498b624729a855e6f9a8e488a0e7398a4e7396032
fetch jadx-mcp@1.4.1 package/jadx-mcp.jar d8.jar 8f246e83f37a18259ca60a5fab6acc23af972445c02afde8ca867317a57b08f6
