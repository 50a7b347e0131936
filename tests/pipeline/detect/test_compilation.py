"""Candidates from several originals."""

from dataclasses import replace

import pytest

from mtpipe.errors import ModelCorrupt
from mtpipe.pipeline.detect import compilation
from mtpipe.pipeline.detect.examiner import VERDICT, Examiner, Wanted
from mtpipe.pipeline.detect.measuring import Subject
from mtpipe.report.detection import detection_page, detection_row
from mtpipe.types import Article, Detection, Finding, Language
from tests.pipeline.detect.test_detector import EN, FR, OTHER, article

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
def detector() -> Examiner:
    return Examiner(engine=False)


def examine_among(
    examiner: Examiner, candidate: Article, originals: list[Article], *, translate: bool = False
) -> Detection:
    return compilation.examine_among(
        examiner,
        examiner.subject(candidate),
        [examiner.subject(original) for original in originals],
        Wanted(translations=translate),
    )


def ids(found: Detection) -> list[str]:
    return [each.original.id for each in (found, *found.others) if each.original]


def test_each_part_has_its_original(detector: Examiner) -> None:
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


def test_what_renders_nothing_new_is_no_further_original(detector: Examiner) -> None:
    again = article("again", Language.FR, FR[:4])
    assert ids(examine_among(detector, BOTH, [BRIDGE, again])) == ["bridge"]
    alone = article("c", Language.EN, EN)
    assert ids(examine_among(detector, alone, [BRIDGE, SONG])) == ["bridge"]
    assert "others" not in detection_row(examine_among(detector, alone, [BRIDGE, SONG]))


def test_the_likeliest_may_be_none_and_the_next_one_the_original(detector: Examiner) -> None:
    found = examine_among(detector, article("c", Language.EN, EN), [SONG, BRIDGE])
    assert ids(found) == ["bridge"]


def judged(monkeypatch: pytest.MonkeyPatch, detector: Examiner, **findings: Finding) -> None:
    """Have the detector find something else, by the original's name."""
    examine = detector.examine

    def find(candidate: Subject, original: Subject, wanted: Wanted = VERDICT) -> Detection:
        found = examine(candidate, original, wanted)
        finding = findings.get(original.article.id, found.verdict.finding)
        return replace(found, verdict=replace(found.verdict, finding=finding))

    monkeypatch.setattr(detector, "examine", find)


@pytest.mark.parametrize(
    ("bridge", "song", "expected"),
    [
        (Finding.TRANSLATION, Finding.MACHINE_REPUBLICATION, ["song", "bridge"]),
        (Finding.COPY, Finding.TRANSLATION, ["bridge", "song"]),
        (Finding.SIGNS, Finding.TRANSLATION, ["bridge", "song"]),
        (Finding.SIGNS, Finding.MACHINE_REPUBLICATION, ["song", "bridge"]),
        (Finding.RELATED, Finding.TRANSLATION, ["song"]),
        (Finding.INSUFFICIENT, Finding.COPY, ["song"]),
        (Finding.TRANSLATION, Finding.RELATED, ["bridge"]),
        (Finding.RELATED, Finding.UNRELATED, ["bridge"]),
    ],
)
def test_which_examination_leads(
    detector: Examiner,
    monkeypatch: pytest.MonkeyPatch,
    bridge: Finding,
    song: Finding,
    expected: list[str],
) -> None:
    judged(monkeypatch, detector, bridge=bridge, song=song)
    assert ids(examine_among(detector, BOTH, [BRIDGE, SONG])) == expected


def test_another_report_on_the_event_does_not_hide_the_original(
    detector: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = article("report", Language.FR, FR)
    judged(monkeypatch, detector, report=Finding.RELATED)
    alone = article("c", Language.EN, EN)
    assert ids(examine_among(detector, alone, [report, BRIDGE])) == ["bridge"]


def test_the_leading_one_has_our_translation(
    detector: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(monkeypatch, detector, song=Finding.MACHINE_REPUBLICATION)
    found = examine_among(detector, BOTH, [BRIDGE, SONG], translate=True)
    assert found.comparison
    assert len(found.comparison.translations) == len(CHOIR)


def test_moved_sentences_are_rendered(detector: Examiner) -> None:
    moved = article("c", Language.EN, (*EN[3:], *EN[:3]))
    half = article("half", Language.FR, FR[:3])
    assert ids(examine_among(detector, moved, [BRIDGE, half])) == ["bridge"]


def test_an_original_that_cannot_be_compared_is_passed_over(
    detector: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = detector.examine

    def failing(candidate: Subject, original: Subject, wanted: Wanted = VERDICT) -> Detection:
        if original.article.id == "bad":
            raise ModelCorrupt("it is damaged")
        return examine(candidate, original, wanted)

    monkeypatch.setattr(detector, "examine", failing)
    bad = article("bad", Language.FR, CHOIR)
    assert ids(examine_among(detector, BOTH, [BRIDGE, bad, SONG])) == ["bridge", "song"]
    with pytest.raises(ModelCorrupt):
        examine_among(detector, BOTH, [bad, SONG])


def test_no_more_is_compared_than_is_needed_or_allowed(
    detector: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    examine = detector.examine

    def watched(
        candidate: Subject, original: Subject | None, wanted: Wanted = VERDICT
    ) -> Detection:
        seen.append(original.article.id if original else "")
        return examine(candidate, original, wanted)

    monkeypatch.setattr(detector, "examine", watched)
    examine_among(detector, article("c", Language.EN, EN), [BRIDGE, SONG])
    assert seen == ["bridge"]
    seen.clear()
    others = [article(f"other{n}", Language.FR, CHOIR[:2]) for n in range(5)]
    examine_among(detector, BOTH, [BRIDGE, *others])
    assert len(seen) == 3
    assert examine_among(detector, BOTH, []).original is None
