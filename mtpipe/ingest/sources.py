"""What inputs lead to, found once: a folder is walked a single time, whoever asks about it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from mtpipe.ingest.addresses import is_address
from mtpipe.ingest.inputs import STANDARD_INPUT, Format, Source, expand
from mtpipe.object_stores import is_remote
from mtpipe.types import Failure

__all__ = ["Sources"]

_PAGES = frozenset({Format.HTML, Format.TEXT, Format.MARKDOWN})
"""Formats of files that hold one article each."""


class Sources(list[Source | Failure]):
    """The files, addresses and streams that some inputs lead to, ready for ``read_articles``.

    Example:
        >>> from pathlib import Path
        >>> import mtpipe
        >>> _ = Path("a.txt").write_text("Der Rat hat am Montag getagt.")
        >>> sources = mtpipe.Sources("*.txt")
        >>> sources.articles
        1
        >>> [article] = mtpipe.read_articles(sources)

    Args:
        inputs: paths, glob patterns, addresses (``http(s)``, ``s3``, ``gs``), or ``-`` for standard
            input; one or several.
    """

    def __init__(self, inputs: str | Path | Iterable[str | Path]) -> None:
        given = [inputs] if isinstance(inputs, str | Path) else inputs
        super().__init__(expand(map(str, given)))

    @property
    def articles(self) -> int | None:
        """How many articles there are; None where it takes reading to know, as with tables."""
        if any(isinstance(one, Source) and one.format not in _PAGES for one in self):
            return None
        return len(self)

    def files(self, *, stdin: int = -1) -> Iterator[Path | int]:
        """The files of this machine among them.

        Args:
            stdin: file descriptor that stands for standard input.
        """
        for source in self:
            if isinstance(source, Source) and not _is_elsewhere(source.name):
                yield stdin if source.name == STANDARD_INPUT else Path(source.name)


def _is_elsewhere(name: str) -> bool:
    return is_address(name) or is_remote(name)
