"""A candidate is cut and encoded once, and measured as if it were encoded for that alone."""

import numpy as np
import pytest

from mtpipe.pipeline.archive.encoder import ArchiveEncoder
from mtpipe.pipeline.detect.measuring import Instruments, Subject
from mtpipe.types import Article, Block, BlockKind, Language, Place

PLAIN = ("The bridge was opened.", "It cost 4.2 million.", "The mayor was there.")
DISGUISED = ("Thе bridgе was opened.", "It&#39;s paid &amp; done.", "The m\u200bayor was there.")


@pytest.fixture(scope="module")
def instruments() -> Instruments:
    return Instruments()


def article(*texts: str) -> Article:
    blocks = tuple(Block(BlockKind.PARAGRAPH, text, Place(n)) for n, text in enumerate(texts))
    return Article("a", "a.txt", Language.EN, blocks)


@pytest.mark.parametrize(
    "texts",
    [PLAIN, DISGUISED, (PLAIN[0], DISGUISED[1], PLAIN[2]), ("One.",), ()],
    ids=["plain", "disguised", "one disguised", "one", "none"],
)
def test_what_is_encoded_already_is_measured_alike(
    instruments: Instruments, texts: tuple[str, ...]
) -> None:
    others = [article("Something else stands before it."), article("And behind it. Twice.")]
    prepared = ArchiveEncoder().prepare([others[0], article(*texts), others[1]])[1]
    alone = instruments.sentences(texts)
    given = Subject(prepared.article, instruments, prepared=prepared).measurable
    assert given.texts == alone.texts
    assert np.array_equal(given.vectors, alone.vectors)
    assert len(given.pieces) == len(texts)
    for own, expected in zip(given.pieces, alone.pieces, strict=False):
        assert np.array_equal(own, expected)


def test_vectors_for_the_archive_are_those_of_the_text_as_it_stands() -> None:
    encoder = ArchiveEncoder()
    [prepared] = encoder.prepare([article(*DISGUISED)])
    assert np.array_equal(prepared.vectors, encoder.encoder.encode(DISGUISED))


def test_a_subject_is_cut_and_encoded_once(
    instruments: Instruments, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[str] = []
    sentences = instruments.sentences
    monkeypatch.setattr(
        instruments, "sentences", lambda texts: (cut.append("again"), sentences(texts))[1]
    )
    subject = Subject(article(*PLAIN), instruments)
    assert subject.measurable is subject.measurable
    assert cut == ["again"]
    [prepared] = ArchiveEncoder().prepare([article(*PLAIN)])
    assert Subject(prepared.article, instruments, prepared=prepared).measurable.texts
    assert cut == ["again"]
