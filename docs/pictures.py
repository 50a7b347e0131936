"""Make the pictures of the documentation from the reports that ``make demo`` writes.

Needs Chromium (``apt install chromium``) and Pillow, which comes with the extra ``plots``::

    make demo
    python docs/pictures.py
"""

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
_PICTURES = {"report": ("", 920), "side-by-side": ("#compare", 720)}
"""Name of each picture, the only section to show (all if empty), and its height in CSS pixels."""

_WIDTH = 1100  # CSS pixels
_SCALE = 1.5  # device pixels for each


def screenshot(page: Path, section: str, height: int) -> Image.Image:
    """The top of a page, or of one section of it, as Chromium shows it."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    html = page.read_text(encoding="utf-8")
    if section:
        hidden = f"header, nav, footer, section:not({section}) {{ display: none }}"
        html = html.replace("</head>", f"<style>{hidden}</style></head>")
    with tempfile.TemporaryDirectory() as folder:
        shown, picture = Path(folder) / "page.html", Path(folder) / "page.png"
        shown.write_text(html, encoding="utf-8")
        subprocess.run(
            [
                browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                f"--force-device-scale-factor={_SCALE}", f"--window-size={_WIDTH},{height}",
                f"--screenshot={picture}", shown.as_uri(),
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        return Image.open(io.BytesIO(picture.read_bytes())).convert("RGB")


def main() -> None:
    """Write every picture as WebP."""
    [page] = (ROOT / "build" / "demo").glob("*staudamm*.html")
    for name, (section, height) in _PICTURES.items():
        path = ROOT / "docs" / "assets" / f"{name}.webp"
        screenshot(page, section, height).save(path, "WEBP", quality=60, method=6)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
