"""Finds declarations that are newer than the app's iOS and used without `#available`: python tools/check_availability.py [FILES]

The stubs know no versions, and a compiler for Linux knows none either; Xcode would refuse such a line, or the app would end on an older
phone. NEWER is a list by hand of what tempts: add to it what Xcode finds and this does not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEWER = {  # iOS and what came with it, by the words by which it is used
    17.4: r"MLComputePlan|MLOptimizationHints|optimizationHints|MLModelStructure",
    18.0: r"functionName|MLTensor|MLState|makeState|makePredictions"
    r"|String\(validating:|validatingUTF8|RangeSet|DiscontiguousSlice|(?:removing|moving)Subranges|\.indices\(where:|\.indices\(of:"
    r"|import Synchronization|Mutex|Atomic<|U?Int128|next\(isolation:|withTaskExecutorPreference|TaskExecutor|\.attoseconds\b(?!\()"
    r"|ScrollPosition|onScrollGeometryChange|onScrollPhaseChange|onScrollVisibilityChange|scrollPosition\(\$\w+\)"
    r"|Tab\(|TabSection|tabViewStyle\(\.sidebarAdaptable|MeshGradient|TextRenderer|textRenderer|presentationSizing|toolbarVisibility"
    r"|navigationTransition|matchedTransitionSource|UIGestureRecognizerRepresentable|containerValues|ContainerValues"
    r"|Group\(subviews:|ForEach\(subviews:|Group\(sections:|TextSelection|writingToolsBehavior|pointerStyle|onModifierKeysChanged"
    r"|allowsWindowActivationEvents|documentLaunch\w*|DocumentGroupLaunchScene|windowToolbarFullScreenVisibility|handGestureShortcut"
    r"|accessibilityActions\(category:|accessibilityLabel\(content:|symbolEffect\(\.(?:wiggle|breathe|rotate)|CustomHoverEffect"
    r"|defaultNamespace|@Previewable|subscriptionStatusTask|isolated deinit|RecognizeTextRequest|ImageRequestHandler",
    26.0: r"glassEffect|GlassEffectContainer|buttonStyle\(\.glass\w*|navigationSubtitle|tabBarMinimizeBehavior|tabViewBottomAccessory"
    r"|scrollEdgeEffectStyle|safeAreaBar|backgroundExtensionEffect|ConcentricRectangle|WebPage|ToolbarSpacer"
    r"|sharedBackgroundVisibility|InlineArray|Observations|Task\.immediate|FoundationModels|LanguageModelSession|SpeechAnalyzer"
    r"|RecognizeDocumentsRequest|DetectLensSmudgeRequest|listSectionMargins|tabBarMinimize\w*",
}
QUIET = re.compile(r'//[^\n]*|/\*.*?\*/|"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"', re.S)
VERSION = re.compile(r"(#available|@available|#unavailable)\(iOS (\d+(?:\.\d+)?)")


def supported(package: str) -> float:
    """The oldest iOS that Package.swift names."""
    found = re.search(r"\.iOS\(\.v(\d+)\)", package)
    if not found:
        raise ValueError("Package.swift: expected .iOS(.v…) among its platforms")
    return float(found[1])


def unguarded(text: str, oldest: float) -> Iterator[tuple[int, str, float]]:
    """Line, word and iOS of what is too new where it stands.

    A guard is `if #available(iOS 18, *) { … }`, the rest of a block after `guard #available(…) else { … }`, and a declaration after
    `@available(iOS 18, *)`.
    """
    code = QUIET.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    newer = re.compile("|".join(rf"(?P<v{str(v).replace('.', '_')}>(?<!\w)(?:{words}))" for v, words in NEWER.items()))
    blocks = [oldest]  # what each open block may use
    coming: float | None = None  # what the next block may use
    guarded: list[tuple[int, float]] = []  # depth of a guard's block, what holds after its else
    for found in re.finditer(rf"{VERSION.pattern}|[{{}}]|{newer.pattern}|\n", code):
        word = found[0]
        if found[1]:
            is_guard = re.search(r"\bguard\b[^{}\n]*$", code[: found.start()])
            if found[1] == "#unavailable":
                continue
            if is_guard:
                guarded.append((len(blocks), float(found[2])))
            else:
                coming = max(blocks[-1], float(found[2]))
        elif word == "{":
            blocks.append(coming if coming is not None else blocks[-1])
            coming = None
        elif word == "}":
            blocks.pop()
            if guarded and guarded[-1][0] == len(blocks):
                blocks[-1] = max(blocks[-1], guarded.pop()[1])
        elif word != "\n":
            version = next(float(name[1:].replace("_", ".")) for name, got in found.groupdict().items() if got)
            if version > max(blocks[-1], coming or 0):
                yield code.count("\n", 0, found.start()) + 1, word, version


def main(files: list[Path]) -> int:
    """Exit code: 0 nothing found, 1 something too new."""
    oldest = supported((ROOT / "Package.swift").read_text(encoding="utf-8"))
    found = [
        f"{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file}:{line}: {word} is of iOS {version:g}, the app runs on "
        f"{oldest:g}: use it inside `if #available(iOS {version:g}, *)`"
        for file in files
        for line, word, version in unguarded(file.read_text(encoding="utf-8"), oldest)
    ]
    print("\n".join(found) or f"nothing newer than iOS {oldest:g} in {len(files)} files")
    return bool(found)


if __name__ == "__main__":
    named = [Path(name).resolve() for name in sys.argv[1:]]
    sys.exit(main(named or [f for d in ("App/Sources", "Sources") for f in sorted((ROOT / d).rglob("*.swift"))]))
