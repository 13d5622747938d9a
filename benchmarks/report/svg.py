"""A small drawing as SVG: light or dark as its reader likes it, the same bytes for the same input.

A few lines of our own rather than a plotting library: colours that follow the page's theme, text that stays text, no fonts to ship.
"""

from __future__ import annotations

from html import escape

WIDTH = 340  # of every plot: a phone's
LIGHT = {"ink": "#1c2128", "soft": "#656d76", "grid": "#d8dee4", "back": "#ffffff", "band": "#eef1f4", "card": "#f6f8fa",
         "ours": "#0969da", "float": "#54aeff", "tiny": "#bc4c00", "small": "#8250df", "other": "#57606a", "good": "#1a7f37",
         "bad": "#cf222e"}  # fmt: skip
DARK = {"ink": "#e6edf3", "soft": "#8d96a0", "grid": "#30363d", "back": "#0d1117", "band": "#1b222b", "card": "#161b22",
        "ours": "#4493f8", "float": "#1f5fb8", "tiny": "#f0883e", "small": "#ab7df8", "other": "#9198a1", "good": "#3fb950",
        "bad": "#f85149"}  # fmt: skip
SERIES = ("ours", "float", "tiny", "small", "other", "good", "bad")
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


def themes(selector: str) -> str:
    """The colours as variables of `selector`, by the reader's theme."""
    light, dark = ("".join(f"--{k}:{v};" for k, v in colours.items()) for colours in (LIGHT, DARK))
    return f"{selector}{{{light}color-scheme:light dark}}\n@media (prefers-color-scheme:dark){{{selector}{{{dark}}}}}\n"


STYLE = (
    f"svg text{{font:12px {FONT};fill:var(--ink);paint-order:stroke;stroke:var(--back);stroke-width:3px;stroke-linejoin:round}}"
    "svg .title{font-weight:600;font-size:13px}svg .soft{fill:var(--soft)}"
    "svg .tick{fill:var(--soft);font-size:11px}svg .grid{stroke:var(--grid)}svg .band{fill:var(--band)}"
    "svg .limit{stroke:var(--bad);stroke-dasharray:4 3}"
    "svg .line{fill:none;stroke-width:2;stroke-linejoin:round}svg .hollow{fill:var(--back);stroke-width:2}svg .veil{opacity:.16}"
    + "".join(f"svg .{s}{{fill:var(--{s})}}svg .{s}.line,svg .{s}.hollow{{stroke:var(--{s})}}" for s in SERIES)
    + "".join(f"svg .{s}.line{{fill:none}}svg .{s}.hollow{{fill:var(--back)}}" for s in SERIES)
)  # fmt: skip


class Drawing:
    """Shapes on a ground of WIDTH x `height`, y downwards.

    Args:
        title: what it shows, in bold above it and for those who cannot see it.
    """

    def __init__(self, title: str, height: float) -> None:
        self.title, self.height, self.shapes = title, height, [""]
        self.text(0, 13, title, "title")

    def text(self, x: float, y: float, words: str, classes: str = "", anchor: str = "start") -> None:
        """Words with their baseline at y; `anchor` is start, middle or end."""
        where = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.shapes.append(f'<text x="{_n(x)}" y="{_n(y)}"{_classes(classes)}{where}>{escape(words, quote=False)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, classes: str = "grid") -> None:
        """A straight line."""
        self.shapes.append(f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"{_classes(classes)}/>')

    def bar(self, x: float, y: float, width: float, height: float, classes: str) -> None:
        """A rectangle with slightly rounded corners."""
        self.shapes.append(f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="2"{_classes(classes)}/>')

    def dot(self, x: float, y: float, classes: str, radius: float = 4.5) -> None:
        """A circle."""
        self.shapes.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"{_classes(classes)}/>')

    def path(self, points: list[tuple[float, float]], classes: str) -> None:
        """A line through points, or with the class veil the surface between them."""
        places = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.shapes.append(f'<poly{"gon" if "veil" in classes else "line"} points="{places}"{_classes(classes)}/>')

    def legend(self, y: float, entries: list[tuple[str, str]]) -> None:
        """One row: a class's colour and its name each."""
        x = 0.0
        for classes, name in entries:
            self.bar(x, y - 9, 10, 10, classes)
            self.text(x + 14, y, name, "soft")
            x += 28 + wide(name)

    def inline(self) -> str:
        """For a page that brings STYLE and the colours."""
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_n(self.height)}" role="img" '
                f'aria-label="{escape(self.title)}">{chr(10).join(self.shapes)}\n</svg>')  # fmt: skip

    def file(self) -> str:
        """For itself, with a ground of its own."""
        size = f'width="{WIDTH + 16}" height="{_n(self.height + 16)}" viewBox="-8 -8 {WIDTH + 16} {_n(self.height + 16)}"'
        ground = f'<rect x="-8" y="-8" width="{WIDTH + 16}" height="{_n(self.height + 16)}" fill="var(--back)"/>'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(self.title)}">'
        return f"{head}\n<style>{themes('svg')}{STYLE}</style>\n{ground}{chr(10).join(self.shapes)}\n</svg>\n"


def wide(words: str) -> float:
    """About how wide words are, in units of the drawing."""
    return sum(3.4 if c in "il.,:;|!' ()ftj1" else 9.5 if c in "mwMW%—" else 6.7 for c in words)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _classes(names: str) -> str:
    return f' class="{names}"' if names else ""
