"""What goes through the pipes between the server and a worker: plain data, whoever wrote it.

A worker reads pages that strangers made. Should one of them get hold of it, nothing that it sends
makes the server call anything: no class is looked up while a message is read.
"""

import io
import pickle
from typing import Any

from mtpipe import errors
from mtpipe.errors import MtpipeError

__all__ = ["LENGTH_BYTES", "error_of", "framed", "names_of", "packed", "unpacked"]

LENGTH_BYTES = 8
"""Of the length in front of each message."""


def packed(message: object) -> bytes:
    """A message as bytes; kinds of strings and numbers (enumerations, numpy's) become plain ones.

    Raises:
        TypeError: there is something else in it than strings, bytes, numbers, lists, tuples, sets
            and dicts.
    """
    try:
        return _dumped(message)
    except _NotPlain:
        return _dumped(_plain(message))  # hardly ever, so that the others needn't be walked


def _dumped(message: object) -> bytes:
    content = io.BytesIO()
    _Pickler(content, protocol=5).dump(message)
    return content.getvalue()


def _plain(value: Any) -> Any:
    """The same with plain strings and numbers, where its values are kinds of them."""
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        kind = next(kind for kind in (list, tuple, set, frozenset) if isinstance(value, kind))
        return kind(map(_plain, value))
    if isinstance(value, str):
        return str.__str__(value)  # of an enumeration the value
    if isinstance(value, bool | bytes):
        return value
    for number in (int, float):
        if isinstance(value, number):
            return number(value)
    if type(value).__module__ == "numpy":
        return value.tolist()
    return value


def framed(content: bytes) -> bytes:
    """A packed message with its length in front."""
    return len(content).to_bytes(LENGTH_BYTES) + content


def unpacked(content: bytes) -> Any:
    """The message.

    Raises:
        UnpicklingError: it names a class.
    """
    return _Unpickler(io.BytesIO(content)).load()


def names_of(error: MtpipeError) -> str:
    """The name that an error has in :mod:`mtpipe.errors`, or that of what it is a kind of."""
    return next(kind.__name__ for kind in type(error).__mro__ if hasattr(errors, kind.__name__))


def error_of(name: str, message: str, hint: str | None) -> MtpipeError:
    """The error of that name, as it was raised in a worker.

    Args:
        name: from :func:`names_of`.
        message: of the error.
        hint: likewise.
    """
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, MtpipeError)):
        kind = MtpipeError
    error = kind.__new__(kind)  # some are made of something else than a message
    MtpipeError.__init__(error, message, hint=hint)
    return error


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: object) -> Any:
        """Called for all that isn't of a built-in type."""
        raise _NotPlain(f"orders and answers are plain data, not {type(value).__name__}")


class _NotPlain(TypeError):
    """There is something in a message that it may not have."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Called for all that isn't of a built-in type."""
        raise pickle.UnpicklingError(f"{module}.{name} is no plain data")
