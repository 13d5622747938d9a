"""What a recipe says, typed: data sets, the net, and the stages of its training. Each class checks its own values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ctpn.synthesis.pages import KINDS
from ctpn.training.typed import check

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # of data sets and stages: they name folders
Quads = Literal["annotated", "detected"]


@dataclass(frozen=True, kw_only=True)
class SeedRange:
    """Seeds `first`, `first` + 1, … of `count` synthetic pages."""

    first: int
    count: int

    def __post_init__(self) -> None:
        check(self.first >= 0, "first", "0 or more", self.first)
        check(self.count > 0, "count", "1 or more", self.count)


@dataclass(frozen=True, kw_only=True)
class SyntheticPages:
    """A generated set of pages.

    Attributes:
        kinds: kinds of pages, of which each page's seed chooses one; none if `photos` are given.
        photos: name of real pages into which signs are put, instead of `kinds`.
        seeds: of the pages.
        fonts: name of the font folders.
    """

    kinds: tuple[str, ...] = ()
    photos: str | None = None
    seeds: tuple[SeedRange, ...]
    fonts: str

    def __post_init__(self) -> None:
        for kind in self.kinds:
            check(kind in KINDS, "kinds", f"of {', '.join(KINDS)}", kind)
        check(bool(self.kinds) != bool(self.photos), "kinds", "either kinds or photos", list(self.kinds))
        check(len(self.seeds) > 0, "seeds", "a range or more", list(self.seeds))


@dataclass(frozen=True, kw_only=True)
class LineCropSet:
    """Line crops cut out of a set of pages by `ctpn.training.cut_lines`.

    Attributes:
        pages: name of real or synthetic pages.
        quads: "annotated" ones, or those that the shipped detector finds, with the transcript of the annotated line.
    """

    pages: str
    quads: Quads


@dataclass(frozen=True, kw_only=True)
class PageShare:
    """How much of a detector's samples come from a set of pages, and in which form their annotations are used.

    Attributes:
        share: relative to the other sets of the stage.
        annotation: "as_is"; "merge_words" merges words to lines; "pad_regions" expands quads that hug the ink.
    """

    share: float
    annotation: Literal["as_is", "merge_words", "pad_regions"] = "as_is"

    def __post_init__(self) -> None:
        check(self.share > 0, "share", "more than 0", self.share)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One run of the optimiser. It begins with the weights of the stage before, or with the recipe's net.

    Attributes:
        seed: of the samples, and of a new net's weights.
        batch: of one process: crops, or line crops by 1,024 pixels of width.
        processes: that train together; the batch is that much larger. `threads` is for each of them.
        rate: peak of the learning rate, reached after `warmup` steps; it falls by a cosine to a hundredth.
        decay: weight decay.
        ema: decay of the averaged weights, which are the result.
        clip: largest norm of the gradient.
        int8: train with the rounding of int8 (a detector: activations and weights; a recogniser: its last matrix).
        freeze: parts of the net that stay as they are.
        note: remarks; not in the hash.
    """

    name: str
    seed: int
    steps: int
    batch: int
    processes: int
    threads: int
    optimizer: Literal["adamw", "sgd"]
    rate: float
    warmup: int
    decay: float
    ema: float
    clip: float
    int8: bool
    freeze: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        check(bool(NAME.fullmatch(self.name)), "name", "letters, digits and ._-, as of a folder", self.name)
        for name in ("batch", "processes", "threads"):
            check(getattr(self, name) > 0, name, "1 or more", getattr(self, name))
        for name in ("seed", "warmup", "steps"):
            check(getattr(self, name) >= 0, name, "0 or more", getattr(self, name))
        for name in ("rate", "clip"):
            check(getattr(self, name) > 0, name, "more than 0", getattr(self, name))
        check(self.decay >= 0, "decay", "0 or more", self.decay)
        check(0 <= self.ema < 1, "ema", "0 to less than 1", self.ema)

    def sets(self) -> Iterable[str]:
        """Names of the data sets that it takes samples of."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class DetectorStage(Stage):
    """A stage of a detector.

    Attributes:
        data: shares of pages by name.
        crop_side: pixels of the square crops.
        score_loss: "softmax", cross entropy over background and text, or "bce", two sigmoids.
        learns: "lines", all maps but `direction`, which are then the net's only ones; or "direction", that map alone, on crops rotated by
            any angle. `freeze` names the other parts of the net, so that their maps stay as they are.
        init_share: of the recipe's `net.init` in the weights that it begins with; the rest is of the stage before. An average keeps more
            of what the first weights know (Wortsman et al. 2022).
    """

    data: dict[str, PageShare]
    crop_side: int
    score_loss: Literal["softmax", "bce"]
    learns: Literal["lines", "direction"] = "lines"
    init_share: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self.steps > 0, "steps", "1 or more", self.steps)
        check(len(self.data) > 0, "data", "a set or more", self.data)
        check(0 <= self.init_share < 1, "init_share", "0 to less than 1", self.init_share)
        check(self.crop_side >= 32 and self.crop_side % 32 == 0, "crop_side", "a multiple of 32", self.crop_side)

    def sets(self) -> Iterable[str]:
        """Names of the pages that it takes crops of."""
        return self.data


@dataclass(frozen=True, kw_only=True)
class RecognizerStage(Stage):
    """A stage of a recogniser.

    Attributes:
        data: shares of line crops by name; the rest up to 1 are synthetic lines.
        fonts: name of the font folders for synthetic lines.
        alignment_steps: steps with synthetic lines alone, whose character positions are known; CTC follows.
        average: shares, by name, of the stages before whose average it begins with; empty: the weights of the stage before.
        fit_rows: fit the rows of rare characters first, as `ctpn.training.fit_rows` does.
        teacher: name of a stage before, whose answers are kept on lines without rare characters, which it may never have learned.
        teacher_weight: of the divergence from these answers, beside CTC's 1.
        enlarge: the weights that it begins with are of a smaller recogniser; what it lacks is added without an effect.
        prose: weight of texts by `ctpn.synthesis.prose` beside the other kinds of texts, whose weights sum up to 1.
    """

    data: dict[str, float]
    fonts: str
    alignment_steps: int
    average: dict[str, float] = field(default_factory=dict)
    fit_rows: bool = False
    teacher: str | None = None
    teacher_weight: float = 0.0
    enlarge: bool = False
    prose: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        total = sum(self.data.values())
        check(all(v > 0 for v in self.data.values()) and total < 1 + 1e-9, "data", "shares above 0 that sum up to at most 1", self.data)
        check(self.alignment_steps >= 0, "alignment_steps", "0 or more", self.alignment_steps)
        check(self.prose >= 0, "prose", "0 or more", self.prose)
        check(self.teacher_weight >= 0, "teacher_weight", "0 or more", self.teacher_weight)
        check(bool(self.teacher) == (self.teacher_weight > 0), "teacher", "a stage, and a teacher_weight above 0, or neither", self.teacher)
        check(self.steps > 0 or len(self.average) > 0, "steps", "1 or more; 0 for an average alone", self.steps)
        shares = self.average.values()
        check(not shares or (min(shares) > 0 and abs(sum(shares) - 1) < 1e-6), "average", "shares above 0 that sum up to 1", self.average)

    def sets(self) -> Iterable[str]:
        """Names of the line crops that it takes."""
        return self.data


@dataclass(frozen=True, kw_only=True)
class DetectorNet:
    """The detector that the first stage begins with: new, or the weights of a file.

    Attributes:
        recurrence, initial_weights: of a new net; "xavier" has zero biases, "torch" is PyTorch's own.
        init: weights (.safetensors, or .pth.tar of the original), whose metadata say which recurrence they have.
    """

    name: Literal["mobile", "vgg16"]
    recurrence: Literal["gru", "gru-keras2", "lstm", "none"] | None = None
    initial_weights: Literal["xavier", "torch"] | None = None
    init: str | None = None

    def __post_init__(self) -> None:
        fresh = bool(self.recurrence and self.initial_weights)
        neither = not self.recurrence and not self.initial_weights
        check(neither if self.init else fresh, "init", "either init, or recurrence and initial_weights", self.init)


@dataclass(frozen=True, kw_only=True)
class RecognizerNet:
    """The recogniser that the first stage begins with: new, or the weights of a file."""

    name: Literal["crnn"]
    init: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides which weights a training gives.

    Attributes:
        notes: history beside the stages; not in the hash.
        folder: of the runs, one folder per stage; not in the hash.
        cache: folder for generated pages and line crops; not in the hash.
        fonts: font folders by a name.
        real_pages: folders with images/ and gt/ by a name. Relative paths count from the current folder.
    """

    task: Literal["detector", "recognizer"]
    notes: tuple[str, ...] = ()
    folder: str
    cache: str
    fonts: dict[str, tuple[str, ...]]
    real_pages: dict[str, str]
    synthetic_pages: dict[str, SyntheticPages]
    line_crops: dict[str, LineCropSet]

    @property
    def runs(self) -> Sequence[Stage]:
        """The stages in order."""
        raise NotImplementedError

    @property
    def init(self) -> str | None:
        """The weights that the first stage begins with; None: a new net."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.runs]
        check(len(names) > 0 and len(set(names)) == len(names), "stages", "a stage or more, each with a name of its own", names)
        pages, trained_on = {*self.real_pages, *self.synthetic_pages}, {name for stage in self.runs for name in stage.sets()}
        for name in {*pages, *self.line_crops}:
            check(bool(NAME.fullmatch(name)), "data sets", "letters, digits and ._- in a name, as of a folder", name)
        check(
            len(pages) == len(self.real_pages) + len(self.synthetic_pages),
            "synthetic_pages",
            "other names than of real_pages",
            sorted(pages),
        )
        for name, synthetic in self.synthetic_pages.items():
            check(synthetic.fonts in self.fonts, f"synthetic_pages.{name}.fonts", f"of {', '.join(self.fonts)}", synthetic.fonts)
            known = synthetic.photos is None or synthetic.photos in self.real_pages
            check(known, f"synthetic_pages.{name}.photos", f"of real_pages ({', '.join(self.real_pages)})", synthetic.photos)
        for name, crops in self.line_crops.items():
            check(crops.pages in pages, f"line_crops.{name}.pages", f"of {', '.join(sorted(pages))}", crops.pages)
        possible = pages if self.task == "detector" else set(self.line_crops)
        for name in trained_on:
            check(name in possible, "stages: data", f"of {', '.join(sorted(possible))}", name)
        unused = (pages | set(self.line_crops)) - self.needed(trained_on)
        check(not unused, "data sets", "that a stage uses", sorted(unused))

    def needed(self, names: Iterable[str]) -> set[str]:
        """These data sets and those that they are made of."""
        found = set(names)
        found |= {self.line_crops[name].pages for name in found & set(self.line_crops)}
        return found | {photos for name in found & set(self.synthetic_pages) if (photos := self.synthetic_pages[name].photos)}

    def pages_folder(self, name: str) -> Path:
        """Where pages lie: images/ and gt/."""
        return Path(self.real_pages[name]) if name in self.real_pages else Path(self.cache) / "pages" / name

    def crops_folder(self, name: str) -> Path:
        """Where line crops lie: images/ and gt/."""
        return Path(self.cache) / "line_crops" / name

    @property
    def prose_file(self) -> Path:
        """Where the model of running Chinese lies."""
        return Path(self.cache) / "prose.npz"

    def stage_folder(self, stage: Stage) -> Path:
        """Where the weights, the state and the log of a stage lie."""
        return Path(self.folder) / stage.name


@dataclass(frozen=True, kw_only=True)
class DetectorRecipe(Recipe):
    """How a detector is trained."""

    net: DetectorNet
    stages: tuple[DetectorStage, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        for stage in self.stages:
            known = not stage.init_share or (self.net.init is not None and stage != self.stages[0])
            check(known, f"stages.{stage.name}.init_share", "0 in the first stage, and where net.init is not given", stage.init_share)

    @property
    def runs(self) -> Sequence[Stage]:
        """The stages in order."""
        return self.stages

    @property
    def init(self) -> str | None:
        """The weights that the first stage begins with; None: a new net."""
        return self.net.init


@dataclass(frozen=True, kw_only=True)
class RecognizerRecipe(Recipe):
    """How a recogniser is trained."""

    net: RecognizerNet
    stages: tuple[RecognizerStage, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        before: list[str] = []
        for stage in self.stages:
            named, known = {*stage.average, *filter(None, [stage.teacher])}, f"of the stages before ({', '.join(before)})"
            check(named <= set(before), f"stages.{stage.name}: average, teacher", known, sorted(named))
            check(bool(before or self.net.init) or not stage.fit_rows, f"stages.{stage.name}.fit_rows", "weights to begin with", True)
            before.append(stage.name)

    @property
    def runs(self) -> Sequence[Stage]:
        """The stages in order."""
        return self.stages

    @property
    def init(self) -> str | None:
        """The weights that the first stage begins with; None: a new net."""
        return self.net.init
