"""The page read back by a parser that isn't ours, the records by json."""

import json
import re
from dataclasses import replace

import pytest
from lxml import html

from mtpipe.report.detection import detection_page, detection_record, detection_row
from mtpipe.report.detection.facts import text_sha256, time_between
from mtpipe.types import (
    Alignment,
    Article,
    Bead,
    Block,
    BlockKind,
    Comparison,
    Detection,
    Evidence,
    Finding,
    Language,
    Metadata,
    Move,
    Place,
    Quotation,
    Score,
    ScoreName,
    Side,
    Verdict,
)

ORIGINAL = Article(
    "o",
    "archive/o.html",
    Language.FR,
    (
        Block(BlockKind.TITLE, "Le pont fermé", Place(0, 1)),
        Block(BlockKind.PARAGRAPH, "Il a 61 ans. Mme Carlin l’a dit.", Place(1, 3)),
    ),
    metadata=Metadata(
        address="https://a.example/pont",
        site="A",
        published="2025-11-06T06:48:00+01:00",
        declared_languages=(("html lang", "fr-CA"),),
    ),
)
CANDIDATE = Article(
    "c",
    "c.txt",
    Language.DE,
    (
        Block(BlockKind.TITLE, "Die Brücke geschlossen", Place(0, 1)),
        Block(BlockKind.PARAGRAPH, "Sie ist 61 Jahre alt. Neu. Frau Carlin sagte es.", Place(3, 7)),
    ),
    (
        Block(BlockKind.REPEATED_TITLE, "Die Brücke geschlossen", Place(1, 2)),
        Block(BlockKind.TIME_STAMP, "Gepostet um 6:48 Uhr", Place(2, 5)),
        Block(BlockKind.NAVIGATION, "PREV Wahl", Place(4, 9, "/html/body/p[4]")),
    ),
    Metadata(published="2025-11-06T16:27:00+01:00"),
)
COMPARISON = Comparison(
    ("Le pont fermé", "Il a 61 ans.", "Mme Carlin l’a dit."),
    ("Die Brücke geschlossen", "Sie ist 61 Jahre alt.", "Neu.", "Frau Carlin sagte es."),
    Alignment(
        (
            Bead(range(1), range(1), 0.9),
            Bead(range(1, 2), range(1, 2), 0.5),
            Bead(range(2, 2), range(2, 3), 0.0),
            Bead(range(2, 3), range(3, 4), 0.2),
        )
    ),
    ("Die Brücke zu", "Sie ist 61 Jahre jung.", "Frau Carlin sagte es."),
    "model:x",
)


def verdict(
    *evidence: Evidence, probability: float | None = 0.9, **scores: float | None
) -> Verdict:
    return Verdict(
        Finding.MACHINE_REPUBLICATION,
        tuple(
            Score(
                name,
                scores.get(name.value, probability),
                0.8,
                0.01,
                tuple(item for item in evidence if item.score is name),
            )
            for name in ScoreName
        ),
        "Because.",
    )


def artefact(text: str, place: Place | None, weight: float = 1.0, start: int = 0) -> Evidence:
    quotation = Quotation(Side.CANDIDATE, text, place, start)
    return Evidence("rule", ScoreName.REPUBLICATION, f"Saw {text}.", weight, None, (quotation,))


DETECTION = Detection(
    CANDIDATE,
    ORIGINAL,
    COMPARISON,
    verdict(
        artefact("Gepostet um", Place(2, 5)),
        artefact("Frau", Place(3, 7), -0.5, 27),
        Evidence("cosine_mean", ScoreName.MACHINE_MADE, "Close.", 2.0, 0.71234),
        Evidence("small", ScoreName.MACHINE_MADE, "Tiny.", 0.01, 1.0),
    ),
    "features:1",
)


def page_of(detection: Detection = DETECTION) -> html.HtmlElement:
    text = detection_page(detection, command="mtpipe detect c.txt", version="1.2", created="today")
    page = html.document_fromstring(text)
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = [href[1:] for href in page.xpath("//a/@href") if href.startswith("#")]
    assert set(targets) <= set(ids)
    assert not page.xpath("//script | //img | //link | //iframe | //object")
    assert not [name for name in page.xpath("//@*") if name.startswith("javascript:")]
    assert "default-src 'none'" in page.xpath("string(//meta[@http-equiv]/@content)")
    return page


def text_of(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def section(page: html.HtmlElement, name: str) -> html.HtmlElement:
    [found] = page.xpath(f"//section[@id='{name}']")
    return found


def test_verdict_and_scores_in_words() -> None:
    page = page_of()
    assert text_of(page.find(".//h1")) == "Machine-translated republication"
    assert "Because." in text_of(page.find(".//header"))
    cards = [text_of(card) for card in page.xpath("//div[starts-with(@class, 'card ')]")]
    assert len(cards) == 3
    assert all("probability 90% Yes" in card for card in cards)
    assert all("from 80%. Of the innocent texts" in card for card in cards)
    assert all("1% reached it" in card for card in cards)


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(1.0, "over 99% Yes"), (0.994, "99% Yes"), (0.7999, "80% Not shown"), (0.0, "under 1% Not")],
)
def test_no_probability_is_certainty(probability: float, shown: str) -> None:
    page = page_of(replace(DETECTION, verdict=verdict(probability=probability)))
    assert f"probability {shown}" in text_of(section(page, "verdict"))


@pytest.mark.parametrize(
    ("rate", "words"),
    [(0.0, "No innocent text"), (None, "has not been measured"), (0.0042, "0.42% reached")],
)
def test_false_positives(rate: float | None, words: str) -> None:
    scores = tuple(Score(name, 0.5, 0.8, rate) for name in ScoreName)
    page = page_of(replace(DETECTION, verdict=Verdict(Finding.NO_SIGNS, scores, "")))
    assert words in text_of(section(page, "verdict"))


@pytest.mark.parametrize(
    ("rate", "words"), [(0.2431, "asks for, 24% did"), (0.9983, "asks for, over 99% did")]
)
def test_true_positives(rate: float, words: str) -> None:
    scores = tuple(Score(name, 0.5, 0.8, true_positive_rate=rate) for name in ScoreName)
    page = page_of(replace(DETECTION, verdict=Verdict(Finding.NO_SIGNS, scores, "")))
    assert words in text_of(section(page, "verdict"))


@pytest.mark.parametrize("is_measure", [True, False])
def test_a_translation_that_is_no_measure_is_called_rough(is_measure: bool) -> None:
    page = page_of(replace(DETECTION, comparison=replace(COMPARISON, is_measure=is_measure)))
    text = text_of(section(page, "compare"))
    assert ("Rough translation" in text) is not is_measure
    assert ("Our translation" in text) is is_measure


def test_facts_of_both() -> None:
    facts = section(page_of(), "facts")
    text = text_of(facts)
    assert "French (the page says: fr-CA)" in text
    assert "(9 hours 39 minutes later)" in text
    assert text_sha256(CANDIDATE) in text
    assert facts.xpath(".//a/@href") == ["https://a.example/pont"]
    assert "Authors" not in text  # of neither


def test_evidence_for_and_against_with_its_place() -> None:
    evidence = section(page_of(), "evidence")
    lists = [text_of(items) for items in evidence.xpath(".//ol")]
    assert [re.search("[+−][0-9.]+", items)[0] for items in lists] == [
        "+2.00", "+0.01", "+1.00", "−0.50"
    ]  # fmt: skip
    quotes = [text_of(quote) for quote in evidence.xpath(".//blockquote")]
    assert quotes == [
        "Gepostet um 6:48 Uhr Candidate, line 5, time stamp",
        "Sie ist 61 Jahre alt. Neu. Frau Carlin sagte es. Candidate, line 7, paragraph",
    ]
    assert [text_of(mark) for mark in evidence.xpath(".//mark")] == ["Gepostet um", "Frau"]
    assert evidence.xpath("string(.//details)").count("Tiny.") == 1


def test_sides_gaps_and_our_translation() -> None:
    compare = section(page_of(), "compare")
    rows = compare.xpath(".//tbody/tr")
    assert [row.get("class") for row in rows] == [
        "is-close", "is-middling", "is-only-right", "is-loose"
    ]  # fmt: skip
    assert len(compare.xpath(".//td[@class='gap']")) == 1
    marks = [text_of(mark) for mark in compare.xpath(".//tbody//mark")]
    assert marks == [*["Sie ist 61 Jahre"] * 2, *["Frau Carlin sagte es"] * 2]
    assert "0.50 middling" in text_of(rows[1])
    radios = {radio.get("id"): radio.get("disabled") for radio in compare.xpath(".//input")}
    assert radios["show-only-left"] is not None
    assert radios["show-loose"] is None


def test_a_shared_run_of_a_moved_sentence_is_marked_at_both_ends() -> None:
    alignment = Alignment(
        (
            Bead(range(1), range(1), 0.9),
            Bead(range(1, 3), range(1, 1), 0.0),
            Bead(range(3, 3), range(1, 2), 0.0),
        ),
        (Move(range(1, 3), range(1, 2), 0.8),),
    )
    moved = replace(COMPARISON, candidate=("Titel", "Frau Carlin sagte es."), alignment=alignment)
    compare = section(page_of(replace(DETECTION, comparison=moved)), "compare")
    assert len(compare.xpath(".//tbody//mark")) == 2
    assert [text_of(link) for link in compare.xpath(".//tbody//a")] == [
        "moved to 2",
        "moved from 2",
    ]


def test_numbers_and_names() -> None:
    text = text_of(section(page_of(), "agreement"))
    assert "1 of 1 numbers in figures of the original stand in the candidate" in text
    assert "1 of 1 names of the original stand in the candidate" in text


def test_the_page_as_read_has_furniture_and_quotations_in_their_order() -> None:
    table = section(page_of(), "read").xpath(".//tbody/tr")
    rows = [" ".join(text_of(cell) for cell in row) for row in table]
    assert rows == [
        "1 block of the article",
        "line 2 repeated title Die Brücke geschlossen",
        "line 5 time stamp Gepostet um3 6:48 Uhr",
        "line 7 paragraph Sie ist 61 Jahre alt. Neu. Frau4 Carlin sagte es.",
        "line 9 navigation PREV Wahl",
    ]


def test_quotations_that_overlap_are_one_mark_with_both_numbers() -> None:
    evidence = (artefact("Gepostet um", Place(2, 5)), artefact("um 6:48", Place(2, 5), start=9))
    read = section(page_of(replace(DETECTION, verdict=verdict(*evidence))), "read")
    assert [text_of(mark) for mark in read.xpath(".//mark")] == ["Gepostet um 6:48"]
    assert [text_of(link) for link in read.xpath(".//sup/a")] == ["1", "2"]


@pytest.mark.parametrize(
    "quotation",
    [
        pytest.param(Quotation(Side.CANDIDATE, "not there", Place(2, 5)), id="other words"),
        pytest.param(Quotation(Side.CANDIDATE, "x", Place(99, 5)), id="no such block"),
        pytest.param(Quotation(Side.CANDIDATE, "", Place(2, 5)), id="empty"),
        pytest.param(Quotation(Side.CANDIDATE, "hreflang", None), id="metadata"),
        pytest.param(Quotation(Side.ORIGINAL, "Le pont", Place(0, 1), 500), id="wrong offset"),
    ],
)
@pytest.mark.parametrize("original", [ORIGINAL, None], ids=["pair", "alone"])
def test_a_quotation_without_its_place_is_still_shown(
    quotation: Quotation, original: Article | None
) -> None:
    item = Evidence("x", ScoreName.REPUBLICATION, "d", 1.0, None, (quotation,))
    comparison = COMPARISON if original else None
    page = page_of(Detection(CANDIDATE, original, comparison, verdict(item), "s"))
    [mark] = section(page, "evidence").xpath(".//mark")
    assert text_of(mark) == quotation.text


def test_without_an_original() -> None:
    page = page_of(Detection(CANDIDATE, None, None, verdict(translation_of=None), "s"))
    assert not page.xpath("//section[@id='compare' or @id='agreement']")
    text = text_of(page)
    assert "rests on the candidate alone" in text
    assert "Not measured" in text


def test_a_copy_is_compared_with_the_original_itself() -> None:
    comparison = replace(
        COMPARISON, translations=(), candidate=("Le pont fermé", "Il a 61 ans.", "Neu.", "Non.")
    )
    copy = replace(CANDIDATE, language=Language.FR)
    compare = section(page_of(Detection(copy, ORIGINAL, comparison, verdict(), "s")), "compare")
    assert [text_of(mark) for mark in compare.xpath(".//tbody//mark")] == ["Il a 61 ans"] * 2
    assert "Our translation" not in text_of(compare)


def test_nothing_at_all() -> None:
    empty = Article("", "", Language.EN, ())
    comparison = Comparison((), (), Alignment(()))
    for detection in (
        Detection(empty, empty, comparison, verdict(probability=None), ""),
        Detection(empty, None, None, verdict(probability=None), ""),
    ):
        assert "(without a title)" in text_of(page_of(detection))


HOSTILE = (
    "</style></title><script>alert(1)</script>\u202egnp.\u200b\x00\ud800 {{ 7*7 }} javascript:x"
)


def test_hostile_strings_stay_text() -> None:
    def nasty(article: Article) -> Article:
        blocks = tuple(replace(block, text=HOSTILE + block.text) for block in article.blocks)
        return Article(
            HOSTILE,
            "javascript:alert(2)",
            article.language,
            blocks,
            tuple(replace(block, text=HOSTILE) for block in article.furniture),
            Metadata(
                address='https://x.example/"><script>',
                site=HOSTILE,
                authors=(HOSTILE,),
                published=HOSTILE,
                based_on=(HOSTILE,),
                declared_languages=((HOSTILE, HOSTILE),),
            ),
        )

    evidence = Evidence(
        HOSTILE, ScoreName.REPUBLICATION, HOSTILE, 1.0, 1.0,
        (Quotation(Side.CANDIDATE, HOSTILE, Place(2, 5)),),
    )  # fmt: skip
    detection = Detection(
        nasty(CANDIDATE),
        nasty(ORIGINAL),
        Comparison((HOSTILE,) * 3, (HOSTILE,) * 4, COMPARISON.alignment, (HOSTILE,) * 3, HOSTILE),
        replace(verdict(evidence), explanation=HOSTILE),
        HOSTILE,
    )
    text = detection_page(detection, command=HOSTILE, version=HOSTILE, created=HOSTILE)
    text.encode("utf-8")  # no lone surrogate is left
    assert not re.search("[\x00-\x08\u200b\u202a-\u202e]", text)
    assert "<script" not in text
    assert "{{ 7*7 }}" in text
    page = page_of(detection)
    assert not [href for href in page.xpath("//a/@href") if not href.startswith("#")]
    json.dumps(detection_record(detection, command=HOSTILE, version="1"))


def test_the_page_grows_no_faster_than_the_articles() -> None:
    def pages(times: int) -> int:
        beads = tuple(
            Bead(
                range(bead.source.start + 3 * i, bead.source.stop + 3 * i),
                range(bead.target.start + 4 * i, bead.target.stop + 4 * i),
                bead.score,
            )
            for i in range(times)
            for bead in COMPARISON.alignment.beads
        )
        comparison = Comparison(
            COMPARISON.original * times,
            COMPARISON.candidate * times,
            Alignment(beads),
            COMPARISON.translations * times,
        )
        page = detection_page(replace(DETECTION, comparison=comparison), command="", version="")
        return len(page)

    small, middle, large = pages(1), pages(51), pages(101)
    assert large - middle == pytest.approx(middle - small, rel=0.05)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("2025-03-12T09:00:00+01:00", "2025-03-22T06:00:00+01:00", "9 days 21 hours later"),
        ("2025-03-12T09:00:00+01:00", "2025-03-12T07:30:00+00:00", "30 minutes earlier"),
        ("2025-03-12T09:00:00Z", "2025-03-12T09:00:20Z", "at the same time"),
        ("2025-03-12", "2025-03-13T01:00:00", "1 day later"),
        ("2025-03-12", "2025-03-12", "on the same day"),
        ("2025-03-12T09:00:00", "2025-03-12T09:00:00+01:00", ""),
        ("12 mars", "2025-03-12", ""),
        ("", "", ""),
    ],
)
def test_time_between(first: str, second: str, words: str) -> None:
    articles = (
        replace(ORIGINAL, metadata=Metadata(published=published)) for published in (first, second)
    )
    assert time_between(*articles) == words


def test_row() -> None:
    row = json.loads(json.dumps(detection_row(DETECTION)))
    assert row == {
        "id": "c",
        "original": "o",
        "translation_of": 0.9,
        "machine_made": 0.9,
        "republication": 0.9,
        "verdict": "machine-translated republication",
        "evidence": {
            "translation_of": [],
            "machine_made": [
                {"id": "cosine_mean", "weight": 2.0, "value": 0.71234},
                {"id": "small", "weight": 0.01, "value": 1.0},
            ],
            "republication": [
                {"id": "rule", "weight": 1.0, "value": None, "quotations": ["Gepostet um"]},
                {"id": "rule", "weight": -0.5, "value": None, "quotations": ["Frau"]},
            ],
        },
        "signature": "features:1",
    }


def test_row_without_an_original() -> None:
    row = detection_row(
        Detection(CANDIDATE, None, None, verdict(probability=None, machine_made=float("nan")), "s")
    )
    assert [row[name] for name in ("original", "translation_of", "machine_made")] == [None] * 3


def test_record() -> None:
    record = json.loads(json.dumps(detection_record(DETECTION, command="x", version="1")))
    assert record["scores"]["republication"]["yes"] is True
    quotation = record["scores"]["republication"]["evidence"][1]["quotations"][0]
    block = next(block for block in CANDIDATE.blocks if block.place.index == quotation["index"])
    assert block.text.startswith(quotation["text"], quotation["start"])
    assert record["comparison"]["beads"][2] == {"original": [], "candidate": [2], "score": 0.0}
    assert record["original"]["metadata"]["site"] == "A"
    assert record["candidate"]["text_sha256"] == text_sha256(CANDIDATE)
    assert "created" not in record


def test_points_by_weights_set_by_hand_look_like_no_probability() -> None:
    scores = tuple(
        Score(name, 0.77, 0.5, is_calibrated=name is not ScoreName.REPUBLICATION)
        for name in ScoreName
    )
    verdict = Verdict(Finding.SIGNS, scores, "")
    page = page_of(replace(DETECTION, verdict=verdict))
    measured, _, by_hand = page.xpath("//div[starts-with(@class, 'card ')]")
    assert "77%" in measured.text_content()
    assert "set by hand" not in measured.text_content()
    assert "77 of 100" in by_hand.text_content()
    assert "77%" not in by_hand.text_content()
    assert "no measured probability" in by_hand.text_content()
    record = detection_record(replace(DETECTION, verdict=verdict), command="", version="")
    assert [record["scores"][name.value]["calibrated"] for name in ScoreName] == [True, True, False]


@pytest.mark.parametrize(
    ("finding", "tone"),
    [
        (Finding.MACHINE_REPUBLICATION, "accuse"),
        (Finding.SIGNS, "look"),
        (Finding.TRANSLATION, "open"),
        (Finding.RELATED, "open"),
        (Finding.NO_SIGNS, "clear"),
    ],
)
def test_a_headline_warns_only_where_something_was_shown(finding: Finding, tone: str) -> None:
    verdict = replace(DETECTION.verdict, finding=finding)
    page = page_of(replace(DETECTION, verdict=verdict))
    assert page.xpath("//header/@class") == [f"head {tone}"]
