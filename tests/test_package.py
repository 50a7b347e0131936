"""What is published: the wheel holds what it must and nothing else, and an index would take it."""

import subprocess
import sys
from email.message import Message
from email.parser import BytesParser
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = {
    "mtpipe": "mtpipe",
    "models": "mtpipe/_bundled/models",
    "data/benchmarks/testsets": "mtpipe/_bundled/testsets",
}
"""What of the repository is in the wheel, and where."""
SUFFIXES = {
    ".css",
    ".j2",
    ".js",
    ".json",
    ".md",
    ".py",
    ".safetensors",
    ".spm",
    ".svg",
    ".toml",
    ".tsv",
    ".typed",
}
DESCRIPTION = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
MAX_BYTES = 100_000_000  # the index's limit for a file

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, freshly built; its build tools come from a package index."""
    folder = tmp_path_factory.mktemp("package")
    command = ["-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps", "--wheel-dir"]
    done = subprocess.run(
        [sys.executable, *command, str(folder), str(ROOT)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if "No matching distribution found for hatchling" in done.stderr:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stderr
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return BytesParser().parsebytes(archive.read(name))


def of_repository() -> set[str]:
    """Names in the wheel of all that git keeps, or would keep, of the folders that go in."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS],
        check=False, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("this isn't a git checkout")
    names = set()
    for path in filter(lambda path: (ROOT / path).exists(), done.stdout.splitlines()):
        folder = next(folder for folder in FOLDERS if path.startswith(f"{folder}/"))
        names.add(f"{FOLDERS[folder]}{path.removeprefix(folder)}")
    return names


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    described = {name for name in names if ".dist-info/" in name}
    assert {name.partition(".dist-info/")[2] for name in described} == DESCRIPTION
    assert names - described == of_repository()
    assert {PurePosixPath(name).suffix or name for name in names - described} <= SUFFIXES


def test_the_wheel_is_small_enough_for_an_index(wheel: Path) -> None:
    assert wheel.stat().st_size < MAX_BYTES


def test_the_metadata_say_what_is_needed(metadata: Message) -> None:
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert {
        "all",
        "archive",
        "calibrate",
        "crawls",
        "encoders",
        "plots",
        "ray",
        "tables",
        "torch",
        "web",
    } == set(metadata.get_all("Provides-Extra", []))


def test_an_index_would_take_the_wheel(wheel: Path) -> None:
    pytest.importorskip("twine")
    command = [sys.executable, "-m", "twine", "--no-color", "check", "--strict", str(wheel)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED" in done.stdout
