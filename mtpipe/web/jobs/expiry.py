"""Which results have to go: those that are too old, and the oldest where there are too many.

What waits or is being worked on never goes, whatever it takes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mtpipe.web.jobs.rows import Rows

__all__ = ["Kept", "all_kept", "due", "size_of"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A job's place on disk.

    Attributes:
        id: of the job.
        size_bytes: of its files.
        finished: when it came to its end; None while it hasn't.
        expires: when it goes at the latest; None likewise.
    """

    id: str
    size_bytes: int
    finished: str | None = None
    expires: str | None = None


def due(
    kept: Iterable[Kept], *, now: str, most_bytes: int, spare_newest: bool = False
) -> list[str]:
    """The jobs that have to go.

    Args:
        kept: all jobs.
        now: this moment, written as the others are.
        most_bytes: of all files together.
        spare_newest: don't take what has just been finished, however large it is.

    Returns:
        Ids, the oldest first.
    """
    everything = list(kept)
    finished = sorted(
        (one for one in everything if one.finished is not None),
        key=lambda one: (one.finished or "", one.id),
    )
    size = sum(one.size_bytes for one in everything)
    gone = []
    for number, one in enumerate(finished, 1):
        is_old = one.expires is not None and one.expires <= now
        is_spared = spare_newest and number == len(finished)
        if is_old or (size > most_bytes and not is_spared):
            gone.append(one.id)
            size -= one.size_bytes
    return gone


def all_kept(rows: Rows) -> list[Kept]:
    """What every job takes."""
    found = rows.read("SELECT id, size_bytes, finished, expires FROM jobs")
    return [Kept(row["id"], row["size_bytes"], row["finished"], row["expires"]) for row in found]


def size_of(rows: Rows) -> int:
    """What all jobs take together, in bytes."""
    return sum(one.size_bytes for one in all_kept(rows))
