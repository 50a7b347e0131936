"""What reading says about an article, without advice for the command line."""

import re

__all__ = ["for_request"]

_OPTIONS = re.compile(r" \(to keep some of it: [^)]*\)")
_NAMED = "name it with --from"


def for_request(error: str) -> str:
    """A failure's message as whoever sent the article can act on it.

    >>> for_request("no words to tell the language by (name it with --from)")
    'no words to tell the language by (say which language it is in)'
    """
    return _OPTIONS.sub("", error).replace(_NAMED, "say which language it is in")
