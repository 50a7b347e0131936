"""Where translated articles go: a file that a run can be taken up on, or a document as a stream."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from mtpipe.errors import InputError, OutputError
from mtpipe.files import permitted, replacement
from mtpipe.pipeline.translate.articles import ArticlesSummary
from mtpipe.pipeline.translate.chunks import version
from mtpipe.records import Record, ResumableFile, first_record
from mtpipe.report.documents import document
from mtpipe.report.jsonl import translation_record
from mtpipe.types import Language, Translation
from mtpipe.types.choices import DocumentFormat

_log = logging.getLogger(__name__)


class LeftAsItWas(Exception):
    """Leaves the output as it was."""


class TranslationFile:
    """JSON lines on disk, resumable: what is there in the same version isn't done again.

    An article may be there in several languages.

    Args:
        path: created if it doesn't exist.
        target: language of the translations.
    """

    def __init__(self, path: Path, target: Language) -> None:
        self._file = ResumableFile(path, _identify)
        self._target = target

    def has(self, article_id: str, version: str) -> bool:
        """Whether the file has this version of an article."""
        return self._file.has(_item(article_id, self._target), version)

    def write(self, translation: Translation) -> None:
        """Append an article."""
        self._file.write(translation_record(translation))

    def close(self) -> None:
        """Drop what was replaced, and close the file."""
        self._file.close()


class DocumentStream:
    """A document that is written as it comes, and can't be resumed.

    Args:
        stream: where to, as UTF-8.
        form: of the document.

    Raises:
        OutputError: it can't be written.
    """

    def __init__(self, stream: BinaryIO, form: DocumentFormat) -> None:
        self._stream = stream
        self._document = document(form)
        self._write(self._document.opening)

    def has(self, article_id: str, version: str) -> bool:  # noqa: ARG002 - nothing is read back
        """Never: a stream can't be read."""
        return False

    def write(self, translation: Translation) -> None:
        """Write an article."""
        self._write(self._document.article(translation))

    def close(self) -> None:
        """Write the document's end; the stream stays open."""
        self._write(self._document.ending)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text.encode("utf-8", "replace"))
            self._stream.flush()
        except OSError as exc:
            raise OutputError(f"can't write the output: {exc.strerror}") from exc


@contextmanager
def opened_output(
    place: Path | BinaryIO, form: DocumentFormat, target: Language
) -> Iterator[TranslationFile | DocumentStream]:
    """Where translations go: JSON lines in a file are resumable, other files come as a whole.

    Args:
        place: a file, or a stream, which stays open.
        form: what is written.
        target: language of the translations.

    Raises:
        OutputError: it can't be written.
        InputError: there is a file of that name with something else in it.
    """
    with ExitStack() as stack:
        output: TranslationFile | DocumentStream
        if not isinstance(place, Path):
            output = DocumentStream(place, form)
        elif form is DocumentFormat.JSONL:
            with permitted(place):
                is_new = not place.exists()
            if is_new:
                stack.push(lambda kind, *_: _leave_nothing(place) if kind else None)
            output = TranslationFile(place, target)
            stack.callback(output.close)
            yield output
            return
        else:
            with permitted(place):
                is_taken = _holds_translations(place)
            if is_taken:
                raise InputError(
                    f"{place} holds translations as JSON lines; nothing was overwritten",
                    hint="give the output another name with -o",
                )
            try:
                file = stack.enter_context(replacement(place))
            except OSError as exc:
                raise OutputError(f"can't write {place}: {exc.strerror}") from exc
            output = DocumentStream(cast("BinaryIO", file), form)
        yield output
        output.close()


def leave_if_worse(place: Path | None, form: DocumentFormat, summary: ArticlesSummary) -> None:
    """See that a run that came to nothing, or to a part of a document, takes no file's place.

    Args:
        place: the file; None for a stream.
        form: what is written.
        summary: of the run.

    Raises:
        LeftAsItWas: the file is to stay as it was.
    """
    if summary.nothing_was_read and not summary.is_unfinished:
        raise LeftAsItWas
    is_part = summary.is_unfinished and form is not DocumentFormat.JSONL
    if is_part and place and place.is_file():
        _log.warning("%s stays as it was; an unfinished document doesn't take its place", place)
        raise LeftAsItWas


def _leave_nothing(path: Path) -> None:
    """Remove a file that nothing was written to."""
    if path.is_file() and not path.stat().st_size:
        path.unlink()


def _holds_translations(path: Path) -> bool:
    first = first_record(path)
    return isinstance(first, dict) and first.keys() >= {"id", "sha256", "signature", "paragraphs"}


def _identify(record: Record) -> tuple[str, str]:
    item = _item(str(record["id"]), record["language"])
    return item, version(record["sha256"], record["signature"])


def _item(article_id: str, target: str) -> str:
    return f"{target}:{article_id}"
