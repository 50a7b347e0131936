"""Candidates from several originals."""

from dataclasses import replace

import pytest

from mtpipe.pipeline import compilation
from mtpipe.pipeline.compilation import examine_among
from mtpipe.pipeline.republication import Detector
from mtpipe.report.detection import detection_page, detection_row
from mtpipe.types import Article, Detection, Finding, Language
from tests.pipeline.test_republication import EN, FR, OTHER, article

CHOIR = (
    "Le chœur a chanté dans la vieille église jusqu'à minuit.",
    "Les billets ont été vendus en une heure, ont dit les organisateurs.",
    "L'année prochaine, le festival veut inviter des chanteurs de Norvège.",
    "Le plus jeune membre a neuf ans et n'a jamais manqué une répétition.",
)
BRIDGE = article("bridge", Language.FR, FR)
SONG = article("song", Language.FR, CHOIR)
BOTH = article("c", Language.EN, (*EN, *OTHER))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(engine=False)


def ids(found: Detection) -> list[str]:
    return [each.original.id for each in (found, *found.others) if each.original]


def test_each_part_has_its_original(detector: Detector) -> None:
    found = examine_among(detector, BOTH, [BRIDGE, SONG])
    assert ids(found) == ["bridge", "song"]
    assert {each.verdict.finding for each in (found, *found.others)} <= {
        Finding.TRANSLATION,
        Finding.MACHINE_REPUBLICATION,
    }
    row = detection_row(found)
    assert [other["original"] for other in row["others"]] == ["song"]
    assert 0.5 < row["others"][0]["translation_of"] <= 1
    page = detection_page(found, command="x", version="1")
    assert "Another part" in page
    assert "song" in page


def test_what_renders_nothing_new_is_no_further_original(detector: Detector) -> None:
    again = article("again", Language.FR, FR[:4])
    assert ids(examine_among(detector, BOTH, [BRIDGE, again])) == ["bridge"]
    alone = article("c", Language.EN, EN)
    assert ids(examine_among(detector, alone, [BRIDGE, SONG])) == ["bridge"]
    assert "others" not in detection_row(examine_among(detector, alone, [BRIDGE, SONG]))


def test_the_likeliest_may_be_none_and_the_next_one_the_original(detector: Detector) -> None:
    found = examine_among(detector, article("c", Language.EN, EN), [SONG, BRIDGE])
    assert ids(found) == ["bridge"]


def test_the_original_that_shows_a_machine_goes_first(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = detector.examine

    def accusing(candidate: Article, original: Article, **more: object) -> Detection:
        found = examine(candidate, original)
        finding = Finding.MACHINE_REPUBLICATION if original.id == "song" else Finding.TRANSLATION
        return replace(found, verdict=replace(found.verdict, finding=finding))

    monkeypatch.setattr(detector, "examine", accusing)
    assert ids(examine_among(detector, BOTH, [BRIDGE, SONG])) == ["song", "bridge"]


def test_nothing_is_left_to_look_for_once_all_is_rendered(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    examine = detector.examine

    def watched(candidate: Article, original: Article | None, **more: object) -> Detection:
        seen.append(original.id if original else "")
        return examine(candidate, original)

    monkeypatch.setattr(detector, "examine", watched)
    examine_among(detector, article("c", Language.EN, EN), [BRIDGE, SONG])
    assert seen == ["bridge"]
    assert examine_among(detector, BOTH, []).original is None
    assert compilation.MOST_ORIGINALS > 1
