#!/usr/bin/env bash
# Shows that the stubs find mistakes: each of these changes to App/ must fail to type-check, and the unchanged app must pass.
#   check-errors.sh MODULES     where the built modules are (test.sh builds them). Exit code 1 if a mistake goes unseen.
# What passed once is not checked again until a source changes.
set -euo pipefail
cd "$(dirname "$0")/.."
modules=$1 passed=.build/check-errors.passed
swift=$(tools/setup-swift.sh) ort=$(tools/setup-ort.sh)
now=$(find App/Sources Sources Stubs Package.swift tools/check-errors.sh -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
if [[ -f $passed && $(< "$passed") == "$now" ]]; then echo "ten mistakes: found before, and no source has changed since" && exit 0; fi
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

types() { # FOLDER: the first error in it, or nothing
    "$swift/run" swiftc -typecheck -swift-version 6 -parse-as-library -module-name App -package-name reader -I "$modules" \
        -Xcc -I"$ort/include" -Xcc -fmodule-map-file="$PWD/Sources/COnnxRuntime/module.modulemap" "$1"/*.swift 2>&1 |
        grep -m1 -oE 'error: .*' || true
}

check() { # WHAT FILE SED-COMMAND: two at a time
    local app=$work/$((++count))
    cp -r App/Sources "$app"
    sed -i "$3" "$app/$2"
    if cmp -s "$app/$2" "App/Sources/$2"; then echo "$1: nothing was changed" >&2 && exit 1; fi
    (
        found=$(types "$app")
        printf '%-40s %s\n' "$1" "${found:-NOT SEEN}"
        if [[ -z $found ]]; then touch "$work/unseen"; fi
    ) &
    if ((count % 2 == 0)); then wait; fi
}

count=0
found=$(types App/Sources)
if [[ -n $found ]]; then echo "as it is: $found" >&2 && exit 1; fi
check "a value where a binding is wanted" ChoosePage.swift 's/selection: \$picked/selection: picked/'
check "a function of another type" DonePage.swift 's/let retake: () -> Void/let retake: (Int) -> Void/'
check "a state that is not drawn" ReaderScreen.swift '/case .opening:/d'
check "a modifier that does not exist" MarkingView.swift 's/\.accessibilityLabel("region/.accessibilityLable("region/'
check "a wrong argument label" FailedPage.swift 's/systemImage: "camera"/image: "camera"/'
check "the model off the main actor" ReaderApp.swift 's/Task { await models.reader.releaseMemory() }/Task.detached { model.send(.back) }/'
check "the screen read off the main actor" ChoosePage.swift 's/\[sample\] in try sample()/[sample, model] in _ = model.screen; return try sample()/'
check "an enum without such a case" FailedPage.swift 's/case .memory:/case .memoryShortage:/'
check "an immutable view written to" ResultView.swift 's/@State private var touched/private var touched/'
check "a delegate method misspelt" CameraView.swift 's/func imagePickerControllerDidCancel/func imagePickerDidCancel/'
wait
if [[ -e $work/unseen ]]; then exit 1; fi
echo "$now" > "$passed"
