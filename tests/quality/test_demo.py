"""Floors on the demo articles, which are always here; those on larger data are skipped without it."""

import hashlib
from pathlib import Path

import pytest
import sacrebleu

from mtpipe.engines.base import DecodingOptions
from mtpipe.ingest import read_article
from mtpipe.models.cards import InstalledModel
from mtpipe.pipeline.align import align
from mtpipe.pipeline.detect.detector import Detector
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.sentences import sentences_of
from mtpipe.types import Direction, Finding, ScoreName

DEMO = Path(__file__).parent.parent.parent / "data" / "demo"
DATA_SHA256 = "c8081143a4ebf38e67c33ea793d0d04830c874a20272f4716f872683976d75ed"
"""Of ``de.txt`` and ``fr.txt``, two people's accounts of the same bridge."""
TOLERANCE = 4.0
"""Of chrF2. Seven sentences: a word more or less, which int8 kernels may make, is half a point."""


@pytest.fixture(autouse=True)
def the_articles_are_those_that_were_measured() -> None:
    data = b"".join((DEMO / name).read_bytes() for name in ("de.txt", "fr.txt"))
    assert hashlib.sha256(data).hexdigest() == DATA_SHA256, "measure anew, and write it here"


@pytest.mark.parametrize(
    ("direction", "measured"), [("de-fr", 62.6), ("fr-de", 61.2)], ids=["de-fr", "fr-de"]
)
def test_the_starter_translates_one_into_the_other(
    starter: InstalledModel, direction: str, measured: float
) -> None:
    way = Direction.parse(direction)
    source, target = (
        sentences_of(read_article(str(DEMO / f"{language}.txt")))
        for language in (way.source, way.target)
    )
    system = load_system(starter, options=DecodingOptions(beam=1), device="cpu")
    text = " ".join(hypothesis.text for hypothesis in system.translate(source, way))
    assert sacrebleu.corpus_chrf([text], [[" ".join(target)]]).score >= measured - TOLERANCE


def test_the_aligner_finds_what_belongs_together() -> None:
    beads = align(
        *(read_article(str(DEMO / name)) for name in ("de.txt", "fr.txt"))
    ).alignment.beads
    assert [(tuple(bead.source), tuple(bead.target)) for bead in beads] == [
        *(((number,), (number,)) for number in range(3)),
        ((3,), (3, 4)),
        *(((number,), (number + 1,)) for number in range(4, 7)),
    ]


_MACHINE = {Finding.MACHINE_REPUBLICATION}
_TRANSLATIONS = {Finding.MACHINE_REPUBLICATION, Finding.PROBABLE_MACHINE, Finding.TRANSLATION}
_OF_PEOPLE = {Finding.TRANSLATION, Finding.RELATED}


@pytest.mark.parametrize(
    ("candidate", "original", "expected"),
    [
        ("staudamm.de.txt", "barrage-orvane.html", _MACHINE),
        ("staudamm.de.txt", None, {Finding.SIGNS}),
        ("ferry-strike.en.html", "greve-ferries.html", _TRANSLATIONS),
        ("komet.de.html", "telescope-montrelle.html", _OF_PEOPLE),
        ("komet.de.html", None, {Finding.NO_SIGNS}),
        ("dam-report.en.txt", "barrage-orvane.html", {Finding.RELATED, Finding.UNRELATED}),
        ("dam-report.en.txt", None, {Finding.NO_SIGNS}),
        ("library.en.html", "port-saint-avel.txt", {Finding.UNRELATED}),
        ("library.en.html", None, {Finding.NO_SIGNS}),
    ],
)
def test_machines_are_found_and_people_are_not_accused(
    candidate: str, original: str | None, expected: set[Finding]
) -> None:
    found = Detector().examine(
        read_article(str(DEMO / "candidates" / candidate)),
        read_article(str(DEMO / "archive" / original)) if original else None,
    )
    assert found.verdict.finding in expected


@pytest.mark.parametrize(
    ("candidate", "original", "is_machine"),
    [
        ("ferry-strike.en.html", "greve-ferries.html", True),
        ("komet.de.html", "telescope-montrelle.html", False),
    ],
)
def test_wording_alone_points_to_who_it_was(
    candidate: str, original: str, is_machine: bool
) -> None:
    """A text is named from a ratio of 10 on, which fewer than half of the machines' texts reach."""
    found = Detector().examine(
        read_article(str(DEMO / "candidates" / candidate)),
        read_article(str(DEMO / "archive" / original)),
    )
    likelihood = found.verdict.score(ScoreName.MACHINE_MADE).likelihood
    assert likelihood is not None
    assert likelihood.ratio > 5 if is_machine else likelihood.ratio < 1
