"""justext's classes of paragraphs by their neighbours, in time that is linear in their number.

trafilatura asks justext where it finds little. justext looks for the neighbours of each paragraph
anew, which takes the square of their number: 36 kB of one-word list items took 20 s. The classes
here are the same.
"""

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["make_linear", "revised"]

_DECIDED = frozenset(("good", "bad"))


def make_linear() -> None:
    """Let trafilatura use :func:`revised`; once is enough, and more does no harm."""
    from justext import core  # noqa: PLC0415 - on the way to trafilatura only
    from trafilatura import external

    original = core.revise_paragraph_classification

    def revise(paragraphs: Sequence[Any], max_heading_distance: int = 200) -> None:
        if any(paragraph.heading for paragraph in paragraphs):  # never, as trafilatura calls it
            original(paragraphs, max_heading_distance)
            return
        classes = revised([paragraph.cf_class for paragraph in paragraphs])
        for paragraph, kind in zip(paragraphs, classes, strict=True):
            paragraph.class_type = kind

    if getattr(external, "revise_paragraph_classification", None) is original:
        external.revise_paragraph_classification = revise


def revised(classes: Sequence[str]) -> list[str]:
    """The final classes of paragraphs that are no headings.

    Args:
        classes: of each by itself: ``good``, ``bad``, ``short`` or ``neargood``.
    """
    decided_before, any_before = _nearest(classes)
    decided_behind, any_behind = (found[::-1] for found in _nearest(classes[::-1]))
    found = list(classes)
    for index, kind in enumerate(classes):
        if kind != "short":
            continue
        before, behind = decided_before[index], decided_behind[index]
        is_good = (
            before == "good"
            if before == behind
            else (before == "bad" and any_before[index] == "neargood")
            or (behind == "bad" and any_behind[index] == "neargood")
        )
        found[index] = "good" if is_good else "bad"
    decided_behind = _nearest(found[::-1])[0][::-1]
    before = "bad"
    for index, kind in enumerate(found):
        if kind == "neargood":
            found[index] = "bad" if before == decided_behind[index] == "bad" else "good"
        before = found[index]
    return found


def _nearest(classes: Iterable[str]) -> tuple[list[str], list[str]]:
    """Of each paragraph, the class of the nearest one before that is good or bad; or neargood, too."""
    decided = nearest = "bad"
    all_decided, all_nearest = [], []
    for kind in classes:
        all_decided.append(decided)
        all_nearest.append(nearest)
        if kind in _DECIDED:
            decided = nearest = kind
        elif kind == "neargood":
            nearest = kind
    return all_decided, all_nearest
