"""Results of a command where the user wants them: standard output, or a file replaced as a whole."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mtpipe.cli.options import STANDARD
from mtpipe.errors import OutputError
from mtpipe.files import replacement


def write_lines(output: Path, lines: Iterable[str]) -> None:
    """Write lines, which have no line breaks yet.

    Raises:
        OutputError: they can't be written.
    """
    write_texts(output, (f"{line}\n" for line in lines))


def write_texts(output: Path, texts: Iterable[str]) -> None:
    """Write texts one after the other, in UTF-8 whatever the locale says.

    Raises:
        OutputError: they can't be written.
    """
    encoded = (text.encode("utf-8", "replace") for text in texts)
    with _named_errors(output):
        if output == STANDARD:
            sys.stdout.buffer.writelines(encoded)
            sys.stdout.buffer.flush()
            return
        with replacement(output) as file:
            file.writelines(encoded)


def print_to(output: Path, show: Callable[[IO[str]], None]) -> None:
    """Print what is made for a terminal.

    Args:
        output: standard output or a file.
        show: prints to a stream.

    Raises:
        OutputError: it can't be written.
    """
    if output == STANDARD:
        with _named_errors(output):
            show(sys.stdout)
        return
    text = io.StringIO()
    show(text)
    write_texts(output, [text.getvalue()])


@contextmanager
def _named_errors(output: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as exc:
        raise OutputError("the reader has gone") from exc
    except OSError as exc:
        raise OutputError(f"can't write {output}: {exc.strerror}") from exc
