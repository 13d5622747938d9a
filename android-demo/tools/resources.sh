#!/usr/bin/env bash
# Resources and assets, compiled and linked by aapt2: app/target/resources.apk, R.java, and where Robolectric finds them.
# Maven calls it (app/pom.xml) with ANDROID_JAR, MIN_SDK, TARGET_SDK and VERSION.
set -euo pipefail
cd "$(dirname "$0")/../app"
command -v aapt2 > /dev/null || { echo "aapt2: not found; on Debian: apt-get install aapt zipalign apksigner" >&2; exit 1; }
[ -f src/main/assets/bundle/manifest.json ] || { echo "no models in app/src/main/assets: python -m export.bundle --android" >&2; exit 1; }

rm -rf target/generated
mkdir -p target/generated target/test-classes/com/android/tools
# Gradle forbids the package in the manifest and asks for its own default of extractNativeLibs; aapt2 needs both.
sed -e 's|<manifest |<manifest package="ctpn.app" |' -e 's|<application$|<application android:extractNativeLibs="false"|' \
  src/main/AndroidManifest.xml > target/AndroidManifest.xml
aapt2 compile --dir src/main/res -o target/compiled.zip
# The framework's table has chunks that this aapt2 does not know, and need not.
aapt2 link -I "$ANDROID_JAR" --manifest target/AndroidManifest.xml --java target/generated -A src/main/assets --debug-mode \
  --min-sdk-version "$MIN_SDK" --target-sdk-version "$TARGET_SDK" --version-code 1 --version-name "$VERSION" \
  -o target/resources.apk target/compiled.zip 2> >(grep -v 'Unknown chunk type' >&2)

cat > target/test-classes/com/android/tools/test_config.properties << P
android_merged_manifest=$PWD/target/AndroidManifest.xml
android_merged_assets=$PWD/src/main/assets
android_resource_apk=$PWD/target/resources.apk
android_custom_package=ctpn.app
P
