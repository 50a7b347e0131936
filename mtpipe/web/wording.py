"""What reading says about an article, without advice for the command line."""

import re

from mtpipe.errors import EmptyArticle, InputError, UnreadableArticle
from mtpipe.types import Failure

__all__ = ["error_of", "for_request", "is_empty"]

_OPTIONS = re.compile(r" \(to keep some of it: [^)]*\)")
_NAMED = "name it with --from"
_EMPTY = ("no text", "nothing but", "no article text")
_READING = ("read", "extract")
"""Stages of what isn't an article at all."""


def for_request(error: str) -> str:
    """A failure's message as whoever sent the article can act on it.

    >>> for_request("no words to tell the language by (name it with --from)")
    'no words to tell the language by (say which language it is in)'
    """
    return _OPTIONS.sub("", error).replace(_NAMED, "say which language it is in")


def is_empty(error: str) -> bool:
    """Whether a failure's message says that there was nothing to read."""
    return error.startswith(_EMPTY)


def error_of(failure: Failure, name: str) -> InputError:
    """A failure as the error that pages have words for.

    Args:
        failure: of reading.
        name: of what was read.
    """
    is_fetched = failure.article_id.lower().startswith(("http://", "https://"))
    kind = InputError
    if failure.stage in _READING and not is_fetched:
        kind = EmptyArticle if is_empty(failure.error) else UnreadableArticle
    return kind(f"{name}: {failure.error}")
