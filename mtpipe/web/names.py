"""Names that people give: ids as they are kept, and what no two things share."""

__all__ = ["MOST_ID_CHARS", "kept_id", "unique"]

MOST_ID_CHARS = 500
"""Of an article's id that somebody gives."""


def kept_id(given: object) -> str:
    """An id as it is kept, by which whoever gave it finds the article again; empty if it is blank.

    Only what can't be printed is replaced, each character by a space; outer spaces belong to it.

    >>> kept_id(" a 1"), kept_id(" "), kept_id(None)
    (' a 1', '', '')
    """
    own = "".join(c if c.isprintable() else " " for c in str(given or ""))[:MOST_ID_CHARS]
    return own if own.strip() else ""


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number if it is taken; taken from then on.

    >>> taken = {"page.html"}
    >>> unique("page.html", taken), unique("page.html", taken)
    ('page.html (2)', 'page.html (3)')
    """
    own, number = name, 1
    while own in taken:
        number += 1
        own = f"{name} ({number})"
    taken.add(own)
    return own
