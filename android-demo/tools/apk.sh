#!/usr/bin/env bash
# Classes and libraries → signed debug APKs in app/target: one for phones (arm64-v8a), one with the emulator's x86_64 too.
# Maven calls it after the tests (app/pom.xml), with ANDROID_JAR, MIN_SDK and VERSION.
set -euo pipefail
cd "$(dirname "$0")/../app"
cache=$PWD/../../.cache/android
for tool in zip unzip npm zipalign apksigner keytool; do
  command -v $tool > /dev/null || { echo "$tool: not found; on Debian: apt-get install zip unzip npm zipalign apksigner" >&2; exit 1; }
done
bash ../tools/fetch.sh "$cache"

rm -rf target/apk target/ctpn-*.apk
mkdir -p target/apk/dex
unzip -q "$cache/onnxruntime.aar" classes.jar 'jni/arm64-v8a/*' 'jni/x86_64/*' -d target/apk
mv target/apk/jni target/apk/lib
jdk=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
IFS=: read -r -a jars <<< "$(< target/classpath.txt)"
java -Xmx2g -XX:TieredStopAtLevel=1 -cp "$cache/d8.jar" com.android.tools.r8.D8 --debug --min-api "$MIN_SDK" --lib "$ANDROID_JAR" \
  --lib "$jdk" --output target/apk/dex "target/app-$VERSION.jar" "${jars[@]}" target/apk/classes.jar

key=$cache/debug.keystore
[ -f "$key" ] || keytool -genkeypair -keystore "$key" -storetype PKCS12 -storepass android -keypass android -alias androiddebugkey \
  -dname "CN=Android Debug,O=Android,C=US" -keyalg RSA -keysize 2048 -validity 10950 2> /dev/null

package() { # APK's name, its ABIs
  local apk=$PWD/target/$1 parts=("${@:2}")
  cp target/resources.apk target/apk/plain.apk
  (cd target/apk/dex && zip -q -X ../plain.apk classes*.dex)
  # Libraries are stored, not packed, and begin at a page of 16 KB: so the phone maps them without copying.
  (cd target/apk && zip -q -0 -D -X -r plain.apk "${parts[@]/#/lib/}")
  zipalign -f 16384 target/apk/plain.apk target/apk/aligned.apk
  apksigner sign --ks "$key" --ks-pass pass:android --ks-key-alias androiddebugkey --min-sdk-version "$MIN_SDK" \
    --v1-signing-enabled false --v2-signing-enabled true --v3-signing-enabled true --out "$apk" target/apk/aligned.apk
  rm -f "$apk.idsig"
}
package "ctpn-$VERSION-debug-arm64-v8a.apk" arm64-v8a
package "ctpn-$VERSION-debug.apk" arm64-v8a x86_64
