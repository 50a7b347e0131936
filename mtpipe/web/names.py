"""Names that no two things share, where people gave the same."""

__all__ = ["unique"]


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
