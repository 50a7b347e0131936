"""The one exception tree of mtpipe, with the exit code that the CLI gives each branch.

::

    MtpipeError(message, *, hint)                                  exit code 1
      ConfigError            settings that contradict or don't parse        4
      DependencyMissing      an extra isn't installed; hint = pip line      4
      ModelError             a model can't be used                          4
        ModelNotFound        no card, no installed files, not on the hub
        ModelCorrupt         a file's sha256, size or format is wrong
        UnsupportedDirection the model doesn't translate this direction
      InputError             the user's data can't be read                  3
        UnreadableArticle    not text, not a known format
        EmptyArticle         nothing left to work on
        MalformedRecord      one record of a file; carries path and line
      EngineError            the software under the model failed            5
        OutOfMemory
      OutputError            results can't be written (full disk, pipe)     5
      QualityRegression      a benchmark fell below its floor               7

Exit code 0 is success, 1 a bug in mtpipe, 2 wrong usage (Typer's own), 6 a batch that
finished although some of its items failed, 8 that ``detect --fail-on`` found what it names,
130 an interruption. A pipe whose reader has gone is an output that can't be written, in silence.
"""

from pathlib import Path
from typing import ClassVar

__all__ = [
    "FOUND",
    "INTERRUPTED",
    "PARTIAL_FAILURE",
    "ConfigError",
    "DependencyMissing",
    "EmptyArticle",
    "EngineError",
    "InputError",
    "MalformedRecord",
    "ModelCorrupt",
    "ModelError",
    "ModelNotFound",
    "MtpipeError",
    "OutOfMemory",
    "OutputError",
    "QualityRegression",
    "UnreadableArticle",
    "UnsupportedDirection",
]

PARTIAL_FAILURE = 6
"""Exit code of a batch that finished although some items failed."""

FOUND = 8
"""Exit code of ``detect --fail-on`` where a candidate has such a verdict."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, the shells' own."""


class MtpipeError(Exception):
    """Root of every error that mtpipe raises on purpose.

    Args:
        message: what went wrong, one sentence without a closing full stop.
        hint: what repairs it, preferably a command to paste.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(MtpipeError):
    """Settings contradict each other, or a settings file doesn't parse."""

    exit_code = 4


class DependencyMissing(MtpipeError):
    """An optional dependency isn't installed; the hint is the pip line that installs it."""

    exit_code = 4


class ModelError(MtpipeError):
    """A model can't be used."""

    exit_code = 4


class ModelNotFound(ModelError):
    """No card, no installed files and no hub repository of that name."""


class ModelCorrupt(ModelError):
    """A model file's sha256, size or format is wrong, or its output fails the smoke test."""


class UnsupportedDirection(ModelError):
    """No (or not this) model translates the direction asked for."""


class InputError(MtpipeError):
    """The user's data can't be read."""

    exit_code = 3


class UnreadableArticle(InputError):
    """Not text, or no format that mtpipe knows."""


class EmptyArticle(InputError):
    """Nothing to work on is left after extraction."""


class MalformedRecord(InputError):
    """One record of a file doesn't parse.

    Args:
        path: the file.
        line: 1-based line number of the record.
        reason: what is wrong with it.
    """

    def __init__(self, path: Path | str, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")
        self.path = Path(path)
        self.line = line
        self.reason = reason


class EngineError(MtpipeError):
    """The software that runs the model failed."""

    exit_code = 5


class OutOfMemory(EngineError):
    """The engine ran out of memory."""


class OutputError(MtpipeError):
    """Results can't be written: a full disk, a closed pipe, a missing permission."""

    exit_code = 5


class QualityRegression(MtpipeError):
    """A benchmark fell below its recorded floor."""

    exit_code = 7
