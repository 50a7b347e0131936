"""Files of a model's folder, which strangers may have made: never more of them than can be meant."""

import json
import stat
from pathlib import Path
from typing import Any

from mtpipe.errors import ModelCorrupt

ANOTHER_COPY = "copy or fetch the model again, or take another revision of it"
"""What to do about a model whose files don't make sense."""

MAX_CONFIG_BYTES = 1_000_000
MAX_VOCABULARY_BYTES = 16_000_000
"""Marian models' largest have 2 MB."""


def regular_size(path: Path, *, most_bytes: int | None = None) -> int:
    """The size of a file in bytes.

    Raises:
        ModelCorrupt: there is none, it is no regular file (a folder, a pipe, a device), or it is
            larger than it may be.
    """
    try:
        facts = path.stat()
    except (OSError, ValueError) as exc:
        raise ModelCorrupt(f"{path} can't be read: {_reason(exc)}", hint=ANOTHER_COPY) from exc
    if not stat.S_ISREG(facts.st_mode):
        raise ModelCorrupt(f"{path} is no regular file", hint=ANOTHER_COPY)
    if most_bytes is not None and facts.st_size > most_bytes:
        raise ModelCorrupt(
            f"{path} has {facts.st_size / 1e6:,.0f} MB, more than the {most_bytes / 1e6:,.0f} MB "
            "that mtpipe reads",
            hint=ANOTHER_COPY,
        )
    return facts.st_size


def read_json(path: Path, *, most_bytes: int = MAX_CONFIG_BYTES) -> Any:
    """The content of a JSON file.

    Raises:
        ModelCorrupt: it can't be read, is too large, or no JSON.
    """
    regular_size(path, most_bytes=most_bytes)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise ModelCorrupt(f"{path} can't be read: {_reason(exc)}", hint=ANOTHER_COPY) from exc


def _reason(exc: Exception) -> str:
    if isinstance(exc, RecursionError):
        return "it is nested too deeply"
    return (exc.strerror if isinstance(exc, OSError) else None) or str(exc) or type(exc).__name__
