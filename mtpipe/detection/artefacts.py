"""What an article's page shows of having been translated by a machine and published again.

Rules (see :mod:`mtpipe.detection.rules`) are applied to one candidate; each that finds something
becomes evidence, with the exact words and their place. What the evidence comes to is decided
in :mod:`mtpipe.detection.republication`. Not for comparing sentences with those of an original: of
an original only the page and its metadata are looked at.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

from mtpipe.detection import guillemets, leftovers, page_metadata, page_structure
from mtpipe.detection.notices import names_own_language
from mtpipe.detection.observations import Examined, Observation
from mtpipe.detection.page_text import PageText, SearchedText
from mtpipe.detection.patterns import PATTERN_TIMEOUT_S
from mtpipe.detection.rules import Rule, Rules, Scope
from mtpipe.types import Article, Evidence, Language, ScoreName

__all__ = ["CHECK_FUNCTIONS", "find_artefacts"]

CHECK_FUNCTIONS: Mapping[str, Callable[[Examined], Observation | None]] = {
    "author-named": page_structure.author_named,
    "agency-author": page_metadata.agency_author,
    "based-on-elsewhere": page_metadata.based_on_elsewhere,
    "declared-language": page_metadata.declared_language,
    "earlier-than-original": page_metadata.earlier_than_original,
    "edition-of-original": page_metadata.edition_of_original,
    "foreign-caption": page_structure.foreign_caption,
    "foreign-paragraph": page_structure.foreign_paragraph,
    "leftover-words": leftovers.leftover_words,
    "other-edition": page_metadata.other_edition,
    "repeated-title": page_structure.repeated_title,
    "same-clock-time": page_structure.same_clock_time,
    "section-of-original": page_structure.section_of_original,
    "soon-after-original": page_metadata.soon_after_original,
    "spaced-guillemets": guillemets.spaced_guillemets,
    "translation-proxy": page_metadata.translation_proxy,
}
"""The function of each check that a rule can name."""

_MAX_HITS = 1_000
_MAX_QUOTATIONS = 20
_AROUND_NOTICE_CHARS = 300
_MAX_TOPICS = 20
_ARTICLES = ("Le ", "La ", "The ", "Die ", "L’", "L'")

_log = logging.getLogger(__name__)


def find_artefacts(
    candidate: Article,
    rules: Rules,
    *,
    original: Article | None = None,
    now: datetime | None = None,
) -> list[Evidence]:
    """Find what speaks for and against a republication on a candidate's page.

    Args:
        candidate: the article under suspicion, with its furniture.
        rules: what to look for.
        original: what it may come from; without it the rules that compare find nothing.
        now: the present, by default the clock's; dates that lie behind it aren't believed.

    Returns:
        One piece of evidence a rule that found something, the weightiest first. A quotation's
        text stands in its block at its ``start``. The weights are each rule's own: what the
        rules of a family add together is limited by the score.
    """
    examined = Examined(PageText(candidate), original, now or datetime.now(UTC))
    found: list[tuple[Rule, Observation]] = []
    for rule in rules.rules.values():
        if candidate.language not in rule.languages:
            continue
        if rule.pattern is not None:
            observation = _search(rule, examined.page, candidate.language)
        else:
            observation = CHECK_FUNCTIONS[rule.check](examined)
        if observation and observation.count >= rule.at_least:
            found.append((rule, observation))
    supported = {rule.family for rule, _ in found if not rule.supporting}
    evidence = [
        _evidence(rule, observation, rules.card.further_place)
        for rule, observation in found
        if not rule.supporting or rule.family in supported
    ]
    return sorted(evidence, key=lambda piece: -abs(piece.weight))


def _search(rule: Rule, page: PageText, own: Language) -> Observation | None:
    """All places where a rule's pattern is found."""
    searched, quotations = page[rule.scope], []
    innocent: dict[int, bool] = {}  # by number of block
    try:
        for start, end in islice(_matches(rule, searched), _MAX_HITS):
            if not rule.quoted and searched.is_quoted(start):
                continue
            if rule.notice and names_own_language(_around(searched.text, start, end), own):
                continue
            block = searched.block_at(start)
            if block not in innocent:
                innocent[block] = _is_innocent(rule, searched.block_text(block))
            quotation = searched.quotation(start, end)
            if quotation and rule.scope is Scope.TAG and _is_topic(quotation.text, page):
                continue
            if quotation and not innocent[block]:
                quotations.append(quotation)
    except TimeoutError:
        _log.warning(
            "the rule %s took longer than %g s on this page and was left out; simplify its pattern",
            rule.id,
            PATTERN_TIMEOUT_S,
        )
        return None
    return Observation(tuple(quotations), len(quotations)) if quotations else None


def _matches(rule: Rule, searched: SearchedText) -> Iterator[tuple[int, int]]:
    assert rule.pattern is not None  # noqa: S101 - the caller's condition, for the type checker
    for match in rule.pattern.finditer(searched.text, timeout=PATTERN_TIMEOUT_S):
        yield match.span()


def _around(text: str, start: int, end: int) -> str:
    return text[max(0, start - _AROUND_NOTICE_CHARS) : end + _AROUND_NOTICE_CHARS]


def _is_topic(tag: str, page: PageText) -> bool:
    """Whether the text itself has the word that a tag is; a paper's name (Le Monde) is none."""
    text, place = page[Scope.TEXT].text, -1
    for _ in range(_MAX_TOPICS):
        if (place := text.find(tag, place + 1)) < 0:
            return False
        before, behind = (
            text[max(0, place - 4) : place],
            text[place + len(tag) : place + len(tag) + 1],
        )
        if not (before[-1:].isalnum() or behind.isalnum() or before.endswith(_ARTICLES)):
            return True
    return False


def _is_innocent(rule: Rule, text: str) -> bool:
    return bool(rule.unless and rule.unless.search(text, timeout=PATTERN_TIMEOUT_S))


def _evidence(rule: Rule, observation: Observation, further_place: float) -> Evidence:
    count = observation.count
    weight = rule.weight * sum(further_place**place for place in range(min(count, _MAX_HITS)))
    description = rule.description
    if observation.detail:
        description += f": {observation.detail}"
    elif count > 1:
        description += f" ({count} times)"
    if rule.innocent_rate:
        description += f"; seen on {rule.innocent_rate:g} of 1,000 innocent articles, too"
    return Evidence(
        id=rule.id,
        score=ScoreName.REPUBLICATION,
        description=description,
        weight=weight,
        value=float(count) if observation.value is None else observation.value,
        quotations=observation.quotations[:_MAX_QUOTATIONS],
    )
