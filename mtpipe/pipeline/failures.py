"""The list of what failed in a run, beside its output.

Each run's list takes the place of the last one's; a file with something else in it is left alone.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from mtpipe.errors import OutputError
from mtpipe.records import first_record, write_records
from mtpipe.types import Failure

__all__ = ["READING", "failures_of", "write_failures"]

READING = frozenset({"read", "extract", "language"})
"""Stages of failures that are the input's own."""


def failures_of(output: Path | None) -> Path | None:
    """Where the failures of a run are listed: OUTPUT.failures.jsonl; None without a file."""
    if output is None or (output.exists() and not output.is_file()):
        return None
    return output.with_name(f"{output.name}.failures.jsonl")


def write_failures(failures: Sequence[Failure], path: Path) -> Path | None:
    """List the failures of a run in a file, in place of those of an earlier run.

    Returns:
        The file; None if there are no failures, and then there is no such file any more either. A
        file with something else in it is left alone.

    Raises:
        OutputError: it can't be written or removed, or has something else in it.
    """
    if failures:
        if path.exists() and path.stat().st_size and not _lists_failures(path):
            raise OutputError(
                f"{path} has something else than failures in it; they aren't listed",
                hint="give the list another name with --failures",
            )
        write_records(path, map(asdict, failures))
        return path
    try:
        if _lists_failures(path):
            path.unlink()
    except OSError as exc:
        raise OutputError(f"can't remove {path}: {exc.strerror}") from exc
    return None


def _lists_failures(path: Path) -> bool:
    first = first_record(path, most_bytes=1 << 20)
    return isinstance(first, dict) and first.keys() == {"article_id", "stage", "error"}
