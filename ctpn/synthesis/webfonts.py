"""More fonts with Chinese characters, all under the SIL Open Font License, from npm: python -m ctpn.synthesis.webfonts --out .cache/fonts

Debian has a dozen families with Chinese characters. Few of them are sans-serif, in which forms and waybills are printed.
Recipes name the folder. Fonts for Japanese lack some simplified characters; characters that a font lacks are omitted from its
lines.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont
from tqdm import tqdm

from ctpn import command
from ctpn.errors import CtpnError
from ctpn.files import write

PACKAGES = (
    *(f"@ibm/plex-sans-{cut}" for cut in ("sc@1.1.0", "tc@1.1.1", "jp@3.0.0")),
    *(f"@expo-google-fonts/{name}" for name in (
        "zcool-xiaowei@0.4.1", "zcool-kuaile@0.4.2", "zcool-qingke-huangyou@0.4.1", "ma-shan-zheng@0.4.3",
        "chocolate-classical-sans@0.4.4", "cactus-classical-serif@0.4.5", "m-plus-1p@0.4.2", "m-plus-rounded-1c@0.4.4",
        "zen-kaku-gothic-new@0.4.1", "zen-maru-gothic@0.4.1", "zen-old-mincho@0.4.1", "biz-udgothic@0.4.0",
        "biz-udpmincho@0.4.0", "kosugi@0.1.0", "kosugi-maru@0.4.1", "sawarabi-gothic@0.4.2", "sawarabi-mincho@0.4.1",
        "shippori-mincho@0.4.1", "klee-one@0.4.1", "kaisei-opti@0.2.3", "hina-mincho@0.4.1", "dotgothic16@0.4.1",
        "line-seed-jp@0.4.0", "kiwi-maru@0.4.1",
    )),
)  # fmt: skip
THIN = ("Thin", "ExtraLight")  # forms are not printed in these


def fetch(package: str, out: Path) -> None:
    """Write the font files of one npm package into `out`; WOFF ones as plain TrueType.

    Raises:
        subprocess.CalledProcessError: npm failed; its message is on stderr.
    """
    with tempfile.TemporaryDirectory(prefix=".fonts-", dir=out) as folder:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            for member in archive:
                name, data = Path(member.name), archive.extractfile(member)
                if data and name.suffix in (".ttf", ".woff") and not name.stem.endswith(THIN):
                    write(out / f"{name.stem}.ttf", _plain(data.read()))


def _plain(data: bytes) -> bytes:
    font, out = TTFont(BytesIO(data), recalcTimestamp=False), BytesIO()
    font.flavor = None
    font.save(out)
    return out.getvalue()


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 all there, 1 npm failed; usage errors exit 2."""
    parser = command.parser("ctpn.synthesis.webfonts", __doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the fonts")
    out: Path = parser.parse_args(argv).out
    return command.run("ctpn.synthesis.webfonts", lambda: fetch_all(out), resumes=True)


def fetch_all(out: Path) -> str:
    """Fetch the packages that are not there yet; returns what there is.

    Raises:
        CtpnError: npm failed. OSError: npm is missing, or the disk refuses.
    """
    out.mkdir(parents=True, exist_ok=True)
    done = out / "packages.txt"
    had = set(done.read_text(encoding="utf-8").split()) if done.exists() else set()
    for package in tqdm([p for p in PACKAGES if p not in had], unit="package"):
        try:
            fetch(package, out)
        except (OSError, subprocess.CalledProcessError) as e:
            raise CtpnError(f"{package}: {e}; install npm, or look at its message above") from None
        had.add(package)
        write(done, "\n".join(sorted(had)) + "\n")
    return f"{out}: {len(had)} packages"


if __name__ == "__main__":
    sys.exit(main())
