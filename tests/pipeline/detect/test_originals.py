"""Where originals come from, and what becomes of candidates where an archive is damaged."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mtpipe.errors import InputError
from mtpipe.pipeline.archive.archive import Archive
from mtpipe.pipeline.archive.encoder import Prepared
from mtpipe.pipeline.archive.finding import Original
from mtpipe.pipeline.detect.detector import Detector
from mtpipe.pipeline.detect.measuring import Instruments
from mtpipe.pipeline.detect.originals import ArchivedOriginals, GivenOriginal, NoOriginals
from mtpipe.types import Detection, Failure, Language
from tests.pipeline.detect.test_compilation import CHOIR
from tests.pipeline.detect.test_detector import EN, FR, OTHER, article

ORIGINAL = article("o", Language.FR, FR)
CANDIDATES = [article("c", Language.EN, EN), article("d", Language.EN, OTHER)]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    pytest.importorskip("lancedb")
    archive = Archive(str(tmp_path / "originals"), create=True)
    archive.add([ORIGINAL, article("choir", Language.FR, CHOIR[:2])])
    return archive


def test_nowhere_and_one_for_all() -> None:
    instruments = Instruments()
    assert [found.originals for found in NoOriginals(instruments).find(CANDIDATES)] == [(), ()]
    given = GivenOriginal(ORIGINAL, instruments)
    first, second = given.find(CANDIDATES)
    assert first.originals[0] is second.originals[0]
    assert first.originals[0].article is ORIGINAL
    assert given.name != GivenOriginal(article("o", Language.FR, FR[:2]), instruments).name


def test_an_archive_gives_what_is_worth_comparing(archive: Archive) -> None:
    originals = ArchivedOriginals(archive, Instruments(), within_days=3)
    assert originals.name == f"3 of {archive.uri}@{archive.version} within 3"
    first, second = originals.find(CANDIDATES)
    assert [each.article for each in first.originals] == [ORIGINAL]
    assert [each.article.id for each in second.originals] == ["choir"]
    assert {first.sought, second.sought} == {archive.uri}
    assert first.candidate.article is CANDIDATES[0]


def test_a_damaged_original_fails_those_who_would_have_it(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = archive.finder()
    find = finder.find_prepared

    def failing(candidates: Sequence[Prepared], **options: object) -> list[list[Original]]:
        if any(each.article.id == "d" for each in candidates):
            raise InputError("the archive is damaged")
        return find(candidates, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(finder, "find_prepared", failing)
    detector = Detector(archive=archive, engine=False)
    found, failed = detector.examine_all(CANDIDATES)
    assert isinstance(found, Detection)
    assert found.original == ORIGINAL
    assert failed == Failure("d", "detect", "the archive is damaged")
    with pytest.raises(InputError, match="damaged"):
        detector.examine(CANDIDATES[1])
