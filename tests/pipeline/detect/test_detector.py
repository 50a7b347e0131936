"""A candidate examined from end to end, with what ships."""

import doctest
import importlib
import json
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from mtpipe.detection.verdict import CLEAR_TRANSLATION
from mtpipe.errors import InputError
from mtpipe.models.cards import InstalledModel, bundled_directory, find_installed
from mtpipe.pipeline.archive.archive import Archive
from mtpipe.pipeline.detect import examiner as module
from mtpipe.pipeline.detect.batch import DetectionSummary, DoneBefore, Examinations
from mtpipe.pipeline.detect.detector import Detector
from mtpipe.pipeline.detect.pairs import parse_pair
from mtpipe.pipeline.systems.choosing import system_name
from mtpipe.types import (
    Article,
    Block,
    BlockKind,
    Detection,
    Direction,
    Failure,
    Finding,
    Language,
    Place,
    ScoreName,
    Support,
)

FR = (
    "Le pont sur la rivière a été rouvert lundi après deux ans de travaux.",
    "La maire a remercié tous ceux qui ont participé au projet.",
    "Les travaux ont coûté 4,2 millions d'euros, soit moins que prévu.",
    "Les commerçants espèrent maintenant que les clients reviendront.",
    "Selon la police, 3000 personnes ont traversé le pont le premier jour.",
    "Une deuxième phase commencera au printemps de l'année prochaine.",
)
EN = (
    "The bridge over the river was reopened on Monday after two years of work.",
    "The mayor thanked all those who participated in the project.",
    "The work cost 4.2 million euros, less than planned.",
    "The shopkeepers now hope that the customers will come back.",
    "According to the police, 3000 people crossed the bridge on the first day.",
    "A second phase will begin in the spring of next year.",
)
FREE = (
    "Two years of work are over: on Monday the bridge across the river opened again.",
    "Everyone who had lent a hand on the project got a thank-you from the mayor.",
    "At 4.2 million euros, the work even came in under budget.",
    "Shopkeepers are now counting on their customers to return.",
    "On day one alone 3000 people walked across the bridge, police say.",
    "Next spring, a second phase is to get under way.",
)
OTHER = (
    "The choir sang in the old church until midnight.",
    "Tickets were sold out within an hour, said the organisers.",
    "Next year the festival wants to invite singers from Norway.",
    "The youngest member is nine years old and has never missed a rehearsal.",
)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(engine=False)


def article(name: str, language: Language, texts: tuple[str, ...]) -> Article:
    blocks = tuple(Block(BlockKind.PARAGRAPH, t, Place(n)) for n, t in enumerate(texts))
    return Article(name, name, language, blocks)


def test_a_rendering_is_told_from_another_article(detector: Detector) -> None:
    original = article("o", Language.FR, FR)
    for texts, is_yes in ((EN, True), (OTHER, False)):
        found = detector.examine(article("c", Language.EN, texts), original)
        score = found.verdict.score(ScoreName.TRANSLATION_OF)
        assert score.is_yes is is_yes
        assert {evidence.score for evidence in score.evidence} == {ScoreName.TRANSLATION_OF}
        assert (found.verdict.finding is Finding.UNRELATED) is not is_yes
    assert found.comparison
    assert found.comparison.original == FR


@pytest.mark.parametrize("order", [(3, 4, 5, 0, 1, 2), (4, 5, 2, 3, 0, 1)], ids=["halves", "pairs"])
def test_paragraphs_in_another_order_are_rendered_as_well(
    detector: Detector, order: tuple[int, ...]
) -> None:
    original = article("o", Language.FR, FR)
    straight, turned = (
        detector.examine(article("c", Language.EN, texts), original)
        for texts in (EN, tuple(EN[number] for number in order))
    )
    scores = [found.verdict.score(ScoreName.TRANSLATION_OF) for found in (straight, turned)]
    assert all(score.is_yes for score in scores)
    covered = [
        next(one.value for one in score.evidence if one.id == "candidate_covered")
        for score in scores
    ]
    assert covered[1] == pytest.approx(covered[0], abs=0.1)


def test_evidence_adds_up_to_the_probability(detector: Detector) -> None:
    found = detector.examine(article("c", Language.EN, EN), article("o", Language.FR, FR))
    score = found.verdict.score(ScoreName.MACHINE_MADE)
    assert score.probability is not None
    assert len(score.evidence) == 5
    assert all("people" in evidence.description for evidence in score.evidence)


def test_a_copy_in_the_same_language(detector: Detector) -> None:
    found = detector.examine(article("c", Language.EN, EN[:4]), article("o", Language.EN, EN))
    assert found.verdict.finding is Finding.COPY
    assert found.verdict.score(ScoreName.TRANSLATION_OF).probability is None
    other = detector.examine(article("c", Language.EN, OTHER), article("o", Language.EN, EN))
    assert other.verdict.finding is not Finding.COPY


def test_without_an_original_only_the_page_is_judged(detector: Detector) -> None:
    found = detector.examine(article("c", Language.EN, EN))
    assert found.comparison is None
    assert found.verdict.score(ScoreName.TRANSLATION_OF).probability is None
    assert found.verdict.finding is Finding.NO_SIGNS
    short = detector.examine(article("c", Language.EN, ("Two words.",)))
    assert short.verdict.finding is Finding.INSUFFICIENT


def test_the_original_is_translated_where_wanted(detector: Detector) -> None:
    found = detector.examine(
        article("c", Language.EN, EN), article("o", Language.FR, FR), translate=True
    )
    assert found.comparison
    assert len(found.comparison.translations) == len(FR)
    assert "starter" in found.comparison.signature


def test_our_own_model_is_asked_where_a_card_wants_it(tmp_path: Path) -> None:
    shipped = bundled_directory() / "verdict" / "card.toml"
    table = tomllib.loads(shipped.read_text(encoding="utf-8"))
    name = system_name(find_installed("starter"))
    features = table["machine_made"]["features"]
    telling = {"weight": 1.0, "center": 0.0, "scale": 1.0, "typical": [-0.5, 0.5]}
    table["machine_made_engine"] = {
        **table["machine_made"],
        "system": name,
        "features": {**features, "engine_words": telling},
    }
    card = tmp_path / "card.toml"
    card.write_text(tomli_w.dumps(table), encoding="utf-8")
    asked = Detector(card=card)
    assert f"rated by {name}" in asked.signature
    assert "rated" not in Detector(card=card, engine=False).signature
    found = asked.examine(article("c", Language.EN, EN), article("o", Language.FR, FR))
    families = {evidence.id for evidence in found.verdict.score(ScoreName.MACHINE_MADE).evidence}
    assert "engine" in families
    # Another revision of the model isn't what the card was made with.
    table["machine_made_engine"]["system"] = "starter@000000000000"
    card.write_text(tomli_w.dumps(table), encoding="utf-8")
    assert "rated" not in Detector(card=card).signature


def test_the_card_that_ships_was_calibrated_with_the_starter_that_ships(
    starter: InstalledModel,
) -> None:
    detector = Detector()
    card = detector._examiner.card
    assert card.machine_made_engine
    assert card.machine_made_engine.system == system_name(starter)
    assert "rated by" in detector.signature
    assert detector._examiner.machine_scale is card.machine_made_engine


@pytest.mark.parametrize("sentences", [3, 4, 6])
def test_a_short_rendering_is_as_clear_as_a_long_one(detector: Detector, sentences: int) -> None:
    original = article("o", Language.FR, FR[:sentences])
    for texts in (EN, FREE):
        found = detector.examine(article("c", Language.EN, texts[:sentences]), original)
        probability = found.verdict.score(ScoreName.TRANSLATION_OF).probability
        assert probability is not None
        assert probability >= CLEAR_TRANSLATION


def test_what_renders_nothing_is_not_rated(monkeypatch: pytest.MonkeyPatch) -> None:
    detector = Detector()

    def refuse(*_: object) -> None:
        pytest.fail("rated")

    monkeypatch.setattr(detector._examiner.instruments, "plausibility", refuse)
    found = detector.examine(article("c", Language.EN, OTHER), article("o", Language.FR, FR))
    assert not found.verdict.score(ScoreName.TRANSLATION_OF).is_yes


def test_a_candidate_is_compared_with_the_translation_of_a_fetched_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = tmp_path / "fetched"
    shutil.copytree(find_installed("starter").directory, fetched)
    detector = Detector(model=str(fetched))
    monkeypatch.setattr(module, "GOOD_TRANSLATION", 0.0)
    assert f"compared with {system_name(find_installed(str(fetched)))}" in detector.signature
    original = article("o", Language.FR, FR)
    by_people = detector.examine(article("c", Language.EN, FREE), original)
    assert by_people.comparison
    assert "fetched" in by_people.comparison.signature
    by_it = detector.examine(article("c", Language.EN, by_people.comparison.translations), original)
    people, machine = (found.verdict.score(ScoreName.MACHINE_MADE) for found in (by_people, by_it))
    assert [evidence.id for evidence in machine.evidence] == ["agreement"]
    assert "100" in machine.evidence[0].description
    assert (people.probability or 0) < 0.5 < (machine.probability or 0)
    assert machine.likelihood
    assert people.likelihood
    assert machine.likelihood.ratio == machine.likelihood.high  # six sentences don't back more
    assert machine.likelihood.support is Support.LIMITED
    assert people.likelihood.support.value.endswith("contrary")


def test_a_translation_of_ours_that_is_bad_is_not_compared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = tmp_path / "fetched"
    shutil.copytree(find_installed("starter").directory, fetched)
    asked, without = Detector(model=str(fetched)), Detector()
    bad = tuple("Nothing of what was said there." for _ in FR)
    monkeypatch.setattr(
        module,
        "_with_translations",
        lambda comparison, _: replace(comparison, translations=bad),
    )
    candidate, original = article("c", Language.EN, EN), article("o", Language.FR, FR)
    found, plain = (d.examine(candidate, original) for d in (asked, without))
    assert found.verdict == plain.verdict
    assert found.comparison
    assert found.comparison.translations == bad


def test_nothing_is_translated_for_what_renders_something_else(tmp_path: Path) -> None:
    fetched = tmp_path / "fetched"
    shutil.copytree(find_installed("starter").directory, fetched)
    found = Detector(model=str(fetched)).examine(
        article("c", Language.EN, OTHER), article("o", Language.FR, FR)
    )
    assert found.comparison
    assert not found.comparison.translations


@pytest.mark.parametrize("engine", [True, False])
def test_the_model_that_ships_is_nothing_to_compare_with(engine: bool) -> None:
    named, default = Detector(model="starter", engine=engine), Detector(engine=engine)
    assert named.signature == default.signature
    candidate, original = article("c", Language.EN, EN), article("o", Language.FR, FR)
    found, expected = (d.examine(candidate, original) for d in (named, default))
    assert found.verdict == expected.verdict
    assert found.comparison
    assert not found.comparison.translations


def summary_of(results: Examinations) -> DetectionSummary:
    list(results)
    return results.summary


def pairs(count: int) -> list[object]:
    return [
        parse_pair(
            {
                "id": str(number),
                "original": {"language": "fr", "text": list(FR)},
                "candidate": {"language": "en", "text": [*EN[: 3 + number % 3]]},
            },
            default_id="0",
        )
        for number in range(count)
    ]


def test_a_batch_goes_on_where_it_was(detector: Detector, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    bad = Failure("line 3", "read", "bad")
    first = summary_of(detector.examine_all([*pairs(2), bad, *pairs(1)], rows=path))
    assert first.findings.total() == 2
    assert [failure.article_id for failure in first.failures] == ["line 3", "0"]  # 0 came before
    second = summary_of(detector.examine_all(pairs(3), rows=path))
    assert second.skipped == first.findings
    assert second.findings.total() == 1
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["id"] for row in written] == ["0", "1", "2"]
    assert {
        "translation_of",
        "machine_made",
        "republication",
        "verdict",
        "evidence",
        "signature",
    } <= (written[0].keys())


def test_results_come_in_the_order_of_the_candidates(detector: Detector) -> None:
    bad = Failure("bad", "read", "no such file")
    items = [article("c", Language.EN, EN), bad, article("d", Language.EN, OTHER)]
    results = detector.examine_all(items, original=article("o", Language.FR, FR))
    first, second, third = results
    assert isinstance(first, Detection)
    assert isinstance(third, Detection)
    assert second is bad
    assert (first.candidate.id, third.candidate.id) == ("c", "d")
    assert [found.original and found.original.id for found in (first, third)] == ["o", "o"]
    assert results.summary.done == 3
    assert results.summary.findings.total() == 2


def test_another_original_or_something_incomplete_is_examined_again(
    detector: Detector, tmp_path: Path
) -> None:
    candidate = article("c", Language.EN, EN)
    first, second = (article("o", Language.FR, text) for text in (FR, FR[:4]))

    def done(original: Article, *, is_complete: bool = True) -> int:
        results = detector.examine_all(
            [candidate],
            original=original,
            rows=tmp_path / "rows.jsonl",
            is_complete=lambda _: is_complete,
        )
        return summary_of(results).findings.total()

    assert [done(first), done(first), done(second), done(second)] == [1, 0, 1, 0]
    assert done(second, is_complete=False) == 1


def test_a_result_that_is_not_taken_care_of_has_no_row(detector: Detector, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    items = [article(name, Language.EN, EN) for name in "abc"]
    with detector.examine_all(items, rows=path) as results:
        next(results)
        next(results)  # and then a report can't be written, say
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ["a"]
    again = list(detector.examine_all(items, rows=path))
    assert again[0] == DoneBefore("a", Finding.NO_SIGNS)
    assert [type(result) for result in again[1:]] == [Detection, Detection]


def test_candidates_before_an_error_of_the_input_are_examined(
    detector: Detector, tmp_path: Path
) -> None:
    pytest.importorskip("lancedb")
    archive = Archive(str(tmp_path / "originals"), create=True)
    archive.add([article("o", Language.FR, FR)])
    searching = Detector(archive=archive, engine=False)

    def items() -> Iterator[Article]:
        yield article("c", Language.EN, EN)
        raise InputError("the input ends here")

    results = searching.examine_all(items())
    found = next(results)
    assert isinstance(found, Detection)
    assert found.original
    with pytest.raises(InputError, match="ends here"):
        next(results)


def test_no_direction_is_unknown_to_what_ships(detector: Detector) -> None:
    texts = {Language.FR: FR, Language.EN: EN, Language.DE: EN}
    for source in Language:
        for target in set(Language) - {source}:
            found = detector.examine(
                article("c", target, texts[target]), article("o", source, texts[source])
            )
            assert found.verdict.score(ScoreName.TRANSLATION_OF).probability is not None, Direction(
                source, target
            )


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(importlib.import_module("mtpipe.pipeline.detect.detector"))
    assert found.attempted
    assert not found.failed
