from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.detection.artefacts import find_artefacts
from mtpipe.detection.republication import republication_score
from mtpipe.detection.rules import load_rules
from mtpipe.types import BlockKind, Evidence, Metadata, ScoreName
from tests.detection.pages import article

RULES = load_rules()
BASE = log(0.03 / 0.97)
LONG = article("Ein Wort " * 30, (BlockKind.NOTICE, "Impressum"))


def piece(rule, weight=None):
    weight = RULES.rules[rule].weight if weight is None else weight
    return Evidence(rule, ScoreName.REPUBLICATION, "", weight)


def logit(probability):
    return log(probability / (1 - probability))


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], BASE),
        ([piece("posted-at-de")], BASE + 2.3),
        # Of one family, the second adds 60 % of its weight, the third 36 %.
        (
            [piece("photo-credit-de"), piece("posted-at-de"), piece("reading-time-de")],
            BASE + 2.3 + 0.6 * 0.9 + 0.36 * 0.8,
        ),
        ([piece("on-x-de"), piece("herr-in-news")], BASE + 1.4 + 0.5),
        ([piece("herr-in-news", 9.0)], BASE + 1.0),  # the family's limit
        ([piece("posted-at-de"), piece("translator-credit")], BASE + 2.3 - 2.5),
        ([piece("other-edition"), piece("edition-of-original")], BASE - 4.0),
        # Page words, section and declaration have one cause: the strongest family counts.
        ([piece("german-furniture"), piece("bare-section-en")], BASE + 1.2),
        (
            [piece("english-furniture"), piece("bare-section-de"), piece("on-x-de")],
            BASE + 0.9 + 1.4,
        ),
        # A family's pieces are added up before.
        ([piece("prev-next"), piece("english-furniture"), piece("bare-section-de")], BASE + 1.14),
        ([piece("declared-language"), piece("based-on-elsewhere")], BASE + 1.2 + 2.3),
    ],
)
def test_hand_computed_sums(pieces, expected):
    score = republication_score(pieces, RULES, candidate=LONG)
    assert logit(score.probability) == pytest.approx(expected)


@given(st.lists(st.sampled_from(sorted(RULES.rules)), unique=True, max_size=20))
def test_base_rate_and_weights_sum_up_to_the_log_odds(names):
    score = republication_score(map(piece, names), RULES, candidate=LONG)
    assert logit(score.probability) == pytest.approx(BASE + sum(e.weight for e in score.evidence))
    assert {e.id for e in score.evidence} == set(names)
    for e in score.evidence:
        assert abs(e.weight) <= abs(RULES.rules[e.id].weight) + 1e-9


@given(
    st.lists(st.sampled_from(sorted(RULES.rules)), unique=True, max_size=12),
    st.sampled_from(sorted(RULES.rules)),
)
def test_more_evidence_never_turns_against_itself(names, further):
    before = republication_score(map(piece, names), RULES, candidate=LONG).probability
    after = republication_score(map(piece, {*names, further}), RULES, candidate=LONG).probability
    if RULES.rules[further].weight > 0:
        assert after >= before - 1e-9
    else:
        assert after <= before + 1e-9


def test_what_adds_nothing_is_shown_and_says_why():
    pieces = [piece("bare-section-en"), piece("german-furniture"), piece("declared-language")]
    score = republication_score(pieces, RULES, candidate=LONG)
    first, *others = score.evidence
    assert (first.id, first.weight, first.description) == ("german-furniture", 1.2, "")
    assert {(one.id, one.weight) for one in others} == {
        ("bare-section-en", 0.0),
        ("declared-language", 0.0),
    }
    for one in others:
        assert "adds nothing beside stronger signs of the same cause" in one.description
        assert "the language of the site" in one.description


def test_an_ordinary_page_is_improbable():
    score = republication_score([], RULES, candidate=LONG)
    assert score.probability == pytest.approx(0.03)
    assert not score.is_yes
    assert score.note == ""
    assert (score.name, score.threshold) == (ScoreName.REPUBLICATION, 0.5)


def test_too_short_a_text_shows_nothing_but_what_it_has():
    short = article("Nur ein Satz.", (BlockKind.OTHER, "Gepostet um 7:04 Uhr"))
    empty = article("Nur ein Satz.", (BlockKind.OTHER, "Impressum"))
    nothing = republication_score(find_artefacts(empty, RULES), RULES, candidate=empty)
    assert nothing.probability is None
    assert "3 words" in nothing.note
    found = republication_score(find_artefacts(short, RULES), RULES, candidate=short)
    assert found.probability == pytest.approx(0.236, abs=0.001)
    assert "3 words" in found.note


def test_an_accusation_says_what_is_known_of_false_alarms():
    accused = republication_score([piece("tool-error")], RULES, candidate=LONG)
    assert accused.is_yes
    assert accused.false_positive_rate is None
    assert RULES.card.measured in accused.note


def test_text_without_its_page_is_noted():
    bare = article("Ein Wort " * 30)
    known = article("Ein Wort " * 30, metadata=Metadata(address="https://example.org/"))
    assert "without its page" in republication_score([], RULES, candidate=bare).note
    assert republication_score([], RULES, candidate=known).note == ""
