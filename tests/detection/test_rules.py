from dataclasses import replace

import pytest

from mtpipe.detection.artefacts import CHECK_FUNCTIONS, find_artefacts
from mtpipe.detection.notices import names_own_language
from mtpipe.detection.rules import CHECKS, Scope, load_rules
from mtpipe.errors import ConfigError
from mtpipe.types import TOOL_MARKUP, BlockKind, Language
from tests.detection.pages import article, assert_exact, by_id

RULES = load_rules().rules
PATTERNS = [rule for rule in RULES.values() if rule.pattern is not None]
KIND = {
    Scope.TEXT: BlockKind.PARAGRAPH,
    Scope.PAGE: BlockKind.OTHER,
    Scope.TAG: BlockKind.TAG,
    Scope.ANYWHERE: BlockKind.OTHER,
    Scope.MARKUP: BlockKind.OTHER,
}
OWN = """\
disable = ["prev-next"]

[families]
house = 2.0

[[rule]]
id = "house-style"
description = "Our own page words, translated"
family = "house"
weight = 1.5
languages = ["de"]
scope = "page"
pattern = '''^Zur Hauptansicht$'''
examples = ["Zur Hauptansicht"]
innocent = ["Hauptansicht"]
"""


def found(rule, text, language):
    """What a text's lines, a block each, show by this rule, be there others of its family or not."""
    page = article(*((KIND[rule.scope], line) for line in text.split("\n")), language=language)
    if rule.scope is Scope.MARKUP:
        page = replace(page, metadata=replace(page.metadata, extra=((TOOL_MARKUP, text),)))
    shipped = load_rules()
    alone = replace(shipped, rules={rule.id: replace(rule, supporting=False)})
    return page, by_id(find_artefacts(page, alone))


@pytest.mark.parametrize("rule", PATTERNS, ids=lambda rule: rule.id)
def test_a_rule_quotes_its_examples_and_spares_what_is_innocent(rule):
    for language in rule.languages:
        for text in rule.examples:
            page, evidence = found(rule, text, language)
            is_original = rule.notice and names_own_language(text, language)
            assert (rule.id in evidence) is not is_original, (text, language)
            assert_exact(evidence.values(), page)
        for text in rule.innocent:
            assert rule.id not in found(rule, text, language)[1], (text, language)


def test_rules_are_described_for_people():
    for rule in RULES.values():
        assert rule.description[0] == '"' or rule.description[0].isupper()
        assert not rule.description.endswith(".")
        assert rule.weight
        assert rule.innocent_rate is None or 0 <= rule.innocent_rate <= 1000


def test_every_language_has_rules_of_every_family():
    card = load_rules().card
    for language in Language:
        families = {rule.family for rule in RULES.values() if language in rule.languages}
        assert families == set(card.families)


def test_every_check_has_a_function_and_a_rule():
    assert set(CHECK_FUNCTIONS) == CHECKS == {rule.check for rule in RULES.values() if rule.check}


def test_no_rule_but_a_tools_trace_lifts_a_page_over_the_threshold():
    card = load_rules().card
    needed = 3.47  # log-odds from 0.03 to 0.5
    assert (card.base_rate, card.threshold) == (0.03, 0.5)
    for rule in RULES.values():
        most = rule.weight / (1 - card.further_place)
        assert most < needed or rule.family == "tool", rule.id


def test_a_supporting_rule_counts_beside_another_of_its_family():
    labels = [(BlockKind.NAVIGATION, "Anteil"), (BlockKind.NAVIGATION, "Publizität")]
    stamp = (BlockKind.OTHER, "Gepostet um 7:04 Uhr")
    typography = "Er fuhr um 19h30 ab."

    def names(*blocks):
        return set(by_id(find_artefacts(article("Ein Satz.", *blocks), load_rules())))

    assert names(*labels) == set()  # two of them don't support each other
    assert names(*labels, typography) == {"french-clock-text-de"}
    assert names(*labels, stamp) == {"share-label-de", "advert-label-de", "posted-at-de"}


def test_how_often_innocent_pages_show_it_is_told():
    title = [(BlockKind.TITLE, "Brücke zu")] + 2 * [(BlockKind.REPEATED_TITLE, "Brücke zu")]
    [piece] = find_artefacts(article(*title, "Ein Satz."), load_rules())
    assert piece.description.endswith("; seen on 87 of 1,000 innocent articles, too")


def test_a_cause_of_ones_own(tmp_path):
    path = tmp_path / "own.toml"
    cause = 'house = { most = 2.0, cause = "the language of the site" }'
    path.write_text(OWN.replace("house = 2.0", cause), encoding="utf-8")
    rules = load_rules([path])
    assert rules.card.families["house"] == 2.0
    assert rules.card.causes["house"] == rules.card.causes["section"]
    path.write_text(OWN.replace("house = 2.0", "house = 2.0\nsection = 1.0"), encoding="utf-8")
    assert "section" not in load_rules([path]).card.causes  # stated anew, without one


def test_rules_of_ones_own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    rules = load_rules([path])
    assert "house-style" in rules.rules
    assert "prev-next" not in rules.rules
    assert rules.card.families["house"] == 2.0
    assert not rules.card.measured  # what was measured, was so with other rules
    assert rules.signature != load_rules().signature
    page = article("Ein Satz.", (BlockKind.OTHER, "Zur Hauptansicht"))
    (piece,) = find_artefacts(page, rules)
    assert (piece.id, piece.weight, piece.quotations[0].text) == (
        "house-style",
        1.5,
        "Zur Hauptansicht",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"house-style"', '"House Style"', "rule number 1 has no valid id"),
        ('"house-style"', '"repeated-title"', "rule repeated-title: there is one of that id"),
        ("'''^Zur Hauptansicht$'''", "'''^Zur (Hauptansicht$'''", "rule house-style: pattern: "),
        (
            "'''^Zur Hauptansicht$'''",
            "'''(?:Zur)?'''",
            "house-style: pattern: it matches the empty",
        ),
        ("'''^Zur Hauptansicht$'''", "12", "rule house-style: pattern: not a text"),
        (
            "'''^Zur Hauptansicht$'''",
            "'(?:(?:(?:(?:ab){200}){200}){200}){200}'",
            "rule house-style: pattern: repetitions",
        ),
        ('family = "house"', 'family = ["house"]', "rule house-style: unknown family"),
        ("weight = 1.5", "weight = 1.5\ncheck = [1]", "either a pattern or a check"),
        ("weight = 1.5", f"weight = {'1' * 5_000}", "is no TOML file"),
        ("'''^Zur Hauptansicht$'''", "'''^Zum'''", "rule house-style: doesn't find its example"),
        (
            '["Hauptansicht"]',
            '["Zur Hauptansicht"]',
            "rule house-style: finds what it calls innocent",
        ),
        ('examples = ["Zur Hauptansicht"]', "", "rule house-style: lacks examples"),
        ('examples = ["Zur Hauptansicht"]', "examples = []", "rule house-style: no example"),
        ('examples = ["Zur Hauptansicht"]', "examples = 3", "house-style: examples: not a list"),
        ("weight = 1.5", "weight = 99", "rule house-style: weight: not a number from -10 to 10"),
        ("weight = 1.5", "weight = true", "rule house-style: weight: not a number"),
        ("weight = 1.5", 'weight = 1.5\ncheck = "repeated-title"', "either a pattern or a check"),
        ("weight = 1.5", 'weight = 1.5\ncolour = "red"', "rule house-style: unknown colour"),
        ("weight = 1.5", "weight = 1.5\nat_least = 0", "rule house-style: at_least"),
        ('["de"]', '["xx"]', "rule house-style: unknown language 'xx'"),
        ('scope = "page"', 'scope = "footer"', "rule house-style: 'footer'"),
        ('family = "house"', 'family = "home"', "rule house-style: unknown family 'home'"),
        ("house = 2.0", 'house = "much"', "families: house: not a number"),
        ("house = 2.0", "house = { most = 2.0 }", "families: house: has to have a limit and a"),
        ("house = 2.0", 'house = { most = 2.0, cause = "" }', "families: house: has to have"),
        ("house = 2.0", 'house = { most = "x", cause = "y" }', "families: house: not a number"),
        ("weight = 1.5", "weight = 1.5\nsupporting = 1", "house-style: supporting is true or"),
        ("weight = 1.5", "weight = 1.5\ninnocent_rate = -1", "innocent_rate: not a number from 0"),
        ('["prev-next"]', '["prev"]', "disable: there is no rule 'prev'"),
        ("disable", "enable", "unknown enable"),
        ("[families]", "[families", "is no TOML file"),
    ],
)
def test_a_faulty_file_is_refused_with_path_and_rule(tmp_path, old, new, message):
    assert old in OWN
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_rules([path])
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="can't read"):
        load_rules([tmp_path / "none.toml"])


def test_a_pattern_that_takes_for_ever_is_refused(tmp_path):
    path = tmp_path / "own.toml"
    endless = OWN.replace("'''^Zur Hauptansicht$'''", "'''(?:a|a|aa)+(?:a|aa|a)+x(?:y|$)'''")
    path.write_text(endless.replace('["Zur Hauptansicht"]', f'["{"a" * 60}"]', 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"house-style: takes longer than 0\.5 s"):
        load_rules([path])
