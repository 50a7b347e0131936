"""Floors of the aligner on the development document."""

import pytest

from mtpipe.pipeline.align import align, evaluate_alignment


def test_the_development_document(shared):
    folder = shared / "eval" / "align"
    source, target = (
        (folder / f"textberg-dev.{code}").read_text(encoding="utf-8").splitlines()
        for code in ("de", "fr")
    )
    aligned = align(source, target, languages=("de", "fr"))
    figures = evaluate_alignment(aligned, folder / "textberg-dev.defr")
    assert figures.strict.f1 >= 0.88
    assert figures.lax.f1 >= 0.985


@pytest.mark.slow
def test_a_book(shared):
    from itertools import islice

    from mtpipe.training.corpus import read_pairs
    from mtpipe.types import Direction

    path = shared / "train" / "de-fr.tsv.xz"
    pairs = list(islice(read_pairs(path, Direction.parse("de-fr")), 5_000))
    source, target = ([getattr(pair, side) for pair in pairs] for side in ("source", "target"))
    beads = align(source, target).alignment.beads
    assert sum(b.source == b.target and len(b.source) == 1 for b in beads) > 4_900
