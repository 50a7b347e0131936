"""A detection as one HTML page that stands alone, to be read, printed and passed on.

It shows in full what was found and decided; it decides nothing itself.
"""

from mtpipe.report.beads import CLOSE, LOOSE, Closeness
from mtpipe.report.detection.comparison import comparison_view
from mtpipe.report.detection.facts import article_facts, time_between
from mtpipe.report.detection.places import blocks_by_place, page_lines
from mtpipe.report.detection.runs import MIN_WORDS
from mtpipe.report.detection.scores import score_views
from mtpipe.report.pages import render
from mtpipe.types import Detection, Finding, Side

__all__ = ["detection_page"]

# How the headline is coloured: what accuses, what gives reason to look, what doesn't, what is open.
_TONES = {
    Finding.MACHINE_REPUBLICATION: "accuse",
    Finding.COPY: "accuse",
    Finding.PROBABLE_MACHINE: "look",
    Finding.SIGNS: "look",
    Finding.TRANSLATION: "open",
    Finding.RELATED: "open",
    Finding.UNRELATED: "clear",
    Finding.NO_SIGNS: "clear",
    Finding.INSUFFICIENT: "open",
}


def detection_page(detection: Detection, *, command: str, version: str, created: str = "") -> str:
    """Render the page.

    Args:
        detection: what to show.
        command: that makes this page again.
        version: of mtpipe.
        created: when the examination was made, as it is to stand on the page.
    """
    candidate, original = detection.candidate, detection.original
    comparison = detection.comparison
    languages = (original.language if original else candidate.language, candidate.language)
    scores = score_views(detection)
    quotations = [
        (view.number, quotation)
        for score in scores
        for view in score.evidence
        for quotation in view.item.quotations
        if quotation.side is Side.CANDIDATE
    ]
    finding = detection.verdict.finding
    return render(
        "detection.html.j2",
        detection=detection,
        headline=finding.value[:1].upper() + finding.value[1:],
        tone=_TONES[finding],
        scores=scores,
        facts=_facts(detection),
        lag=time_between(original, candidate) if original else "",
        comparison=comparison_view(comparison, languages) if comparison else None,
        languages=languages,
        Closeness=Closeness,
        bounds=(CLOSE, LOOSE),
        min_words=MIN_WORDS,
        lines=page_lines(blocks_by_place(candidate), quotations),
        command=command,
        version=version,
        created=created,
    )


def _facts(detection: Detection) -> list[tuple[str, list[tuple[str, bool]]]]:
    """A name, and for each article a text and whether it is an address; no line all empty."""
    articles = (detection.original, detection.candidate)
    columns = [article_facts(article) for article in articles if article]
    return [
        (facts[0].name, [(fact.text, fact.is_address) for fact in facts])
        for facts in zip(*columns, strict=True)
        if any(fact.text for fact in facts)
    ]
