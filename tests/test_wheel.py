"""What `pip install` gives a user: the wheel, in an empty environment, by the pip of that Python.

``MTPIPE_TEST_PYTHON`` names the Python to make that environment of, if not the one that runs this.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYTHON = os.environ.get("MTPIPE_TEST_PYTHON", sys.executable)
PAGES = ROOT / "data" / "demo" / "archive"


def ran(command: Sequence[str | Path], folder: Path) -> str:
    """Standard output of a command that has to succeed, away from the checkout."""
    unwanted = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    variables = {name: value for name, value in os.environ.items() if name not in unwanted}
    variables["MTPIPE_HOME"] = str(folder / "home")
    done = subprocess.run(
        list(map(str, command)),
        check=False,
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the commands of an environment that has the wheel with its archive."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    probe = [*pip, "download", "--quiet", "--no-deps", "--dest", folder, "six"]
    if subprocess.run(list(map(str, probe)), check=False, capture_output=True).returncode:
        pytest.skip("no package index can be reached")
    ran([*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT], folder)
    [wheel] = folder.glob("mtpipe-*.whl")
    assert wheel.stat().st_size < 100_000_000
    ran([PYTHON, "-m", "venv", folder / "env"], folder)  # with the pip that comes along
    commands = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    ran(
        [
            commands / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--constraint", ROOT / "constraints.txt", f"mtpipe[archive] @ {wheel.as_uri()}",
        ],
        folder,
    )  # fmt: skip
    return commands


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_an_installed_wheel_works_on_pages(installed: Path, tmp_path: Path) -> None:
    mtpipe, page = installed / "mtpipe", PAGES / "barrage-orvane.html"
    translated = ran([mtpipe, "translate", page, "--to", "en", "--format", "text"], tmp_path)
    assert len(translated.split()) > 200
    ran([mtpipe, "archive", "add", "originals", PAGES], tmp_path)
    candidate = ROOT / "data" / "demo" / "candidates" / "staudamm.de.txt"
    found = ran([mtpipe, "detect", candidate, "--archive", "originals"], tmp_path)
    assert found.startswith(f"{candidate}: machine-translated republication")
    assert "barrage-orvane.html" in found
