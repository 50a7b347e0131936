"""What is known of a test set: licence, origin, and the sha256 of its files. Never its text.

A manifest is ``NAME.toml``; those that ship stand in data/benchmarks/testsets. One beside the
user's files goes first.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtpipe.errors import ConfigError
from mtpipe.models.cards import sha256_of


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A test set's metadata.

    Attributes:
        title: one line for people.
        licence: SPDX expression, or words where none fits.
        origin: where it comes from.
        note: what one has to know to read its figures.
        citation: whom to cite.
        sha256: hex digest of each file by its name.
    """

    title: str
    licence: str
    origin: str
    note: str = ""
    citation: str = ""
    sha256: dict[str, str] = field(default_factory=dict)


def shipped_directory() -> Path:
    """The folder of manifests that ships with the package."""
    package = Path(__file__).parents[2]
    installed = package / "_bundled" / "testsets"
    return installed if installed.is_dir() else package.parent / "data" / "benchmarks" / "testsets"


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        ConfigError: it doesn't parse, or a field is missing or unknown.
    """
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        manifest = Manifest(**raw)
        texts = [value for name, value in raw.items() if name != "sha256"]
        if not all(isinstance(text, str) for text in [*texts, *manifest.sha256.values()]):
            raise TypeError("a field isn't text")
        return manifest
    except (OSError, ValueError, TypeError, AttributeError) as exc:
        raise ConfigError(f"{path} is no manifest of a test set: {exc}") from exc


def manifest_of(name: str, files: Sequence[Path]) -> tuple[Manifest | None, bool | None]:
    """The manifest of a set, and whether the files are those that it describes.

    Returns:
        None and None where there is no manifest; False as the second value where a file isn't
        in it, or is and differs.
    """
    folders = [*dict.fromkeys(file.parent for file in files), shipped_directory()]
    for folder in folders:
        path = folder / f"{name}.toml"
        if path.is_file():
            manifest = read_manifest(path)
            same = all(manifest.sha256.get(file.name) == sha256_of(file) for file in files)
            return manifest, same
    return None, None
