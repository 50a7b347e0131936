"""Make the pictures of the documentation from what ``make demo`` writes.

Needs Chromium (``apt install chromium``) and Pillow, which comes with the extra ``plots``::

    make demo
    python docs/pictures.py
"""

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
_PICTURES = {"report": ("", 920), "side-by-side": ("#compare", 720)}
"""Name of each picture, the only section to show (all if empty), and its height in CSS pixels."""

_WIDTH = 1100  # CSS pixels
_SCALE = 1.5  # device pixels for each


def section_of(page: Path, section: str, height: int) -> Image.Image:
    """The top of a page, or of one section of it."""
    html = page.read_text(encoding="utf-8")
    if section:
        hidden = f"header, nav, footer, section:not({section}) {{ display: none }}"
        html = html.replace("</head>", f"<style>{hidden}</style></head>")
    with tempfile.TemporaryDirectory() as folder:
        shown = Path(folder) / "page.html"
        shown.write_text(html, encoding="utf-8")
        return screenshot(shown.as_uri(), height)


def screenshot(address: str, height: int) -> Image.Image:
    """What Chromium shows at an address."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        subprocess.run(
            [
                browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                f"--force-device-scale-factor={_SCALE}", f"--window-size={_WIDTH},{height}",
                f"--screenshot={picture}", "--lang=en", address,
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        return Image.open(io.BytesIO(picture.read_bytes())).convert("RGB")


@contextmanager
def served() -> Iterator[str]:
    """The address of a server with the demo archive."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "mtpipe", "serve", "--port", "0", "--home", home]
        command += ["--archive", str(ROOT / "build" / "demo" / "originals")]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            try:
                for line in process.stderr or ():
                    if found := re.search(r"listening at (\S+)", line):
                        yield found[1]
                        break
            finally:
                process.terminate()


def write(name: str, picture: Image.Image) -> None:
    """Write a picture as WebP."""
    path = ROOT / "docs" / "assets" / f"{name}.webp"
    picture.save(path, "WEBP", quality=60, method=6)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Take all pictures again."""
    [page] = (ROOT / "build" / "demo").glob("*staudamm*.html")
    for name, (section, height) in _PICTURES.items():
        write(name, section_of(page, section, height))
    with served() as address:
        write("serve", screenshot(f"{address.rstrip('/')}/ui/detect", 860))


if __name__ == "__main__":
    main()
