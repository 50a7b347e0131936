"""Floors of the aligner on the development document."""

import pytest

from mtpipe.alignment.evaluate import Tally, read_beads
from mtpipe.pipeline.align import align_documents, load_encoder, read_document
from mtpipe.types import Language


def test_the_development_document(shared):
    folder = shared / "eval" / "align"
    source, target = (
        read_document(str(folder / f"textberg-dev.{code}"), language=Language(code), lines=True)
        for code in ("de", "fr")
    )
    tally = Tally()
    beads = align_documents(source, target, load_encoder()).alignment.beads
    tally.add(
        [(tuple(b.source), tuple(b.target)) for b in beads],
        read_beads(folder / "textberg-dev.defr"),
    )
    assert tally.strict.f1 >= 0.88
    assert tally.lax.f1 >= 0.985


@pytest.mark.slow
def test_a_book(shared):
    from itertools import islice

    from mtpipe.pipeline.align import Document
    from mtpipe.training.corpus import read_pairs
    from mtpipe.types import Direction

    path = shared / "train" / "de-fr.tsv.xz"
    pairs = list(islice(read_pairs(path, Direction.parse("de-fr")), 5_000))
    source, target = (
        Document(side, tuple(getattr(pair, side) for pair in pairs))
        for side in ("source", "target")
    )
    beads = align_documents(source, target, load_encoder()).alignment.beads
    assert sum(b.source == b.target and len(b.source) == 1 for b in beads) > 4_900
