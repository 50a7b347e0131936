import re

import pytest

from mtpipe.report.alignment import alignment_page
from mtpipe.types import Alignment, Bead, Move

SOURCE = ["Eins & <zwei>.", "Drei\tvier.", "Weg\x0b\x01."]
TARGET = ["Un et deux.", "Trois.", "Quatre.", "Neuf."]
ALIGNMENT = Alignment(
    beads=(
        Bead(range(1), range(1), 0.97),
        Bead(range(1, 2), range(1, 3), 0.5),
        Bead(range(2, 3), range(3, 3), 0.0),
        Bead(range(3, 3), range(3, 4), 0.0),
    ),
    moves=(Move(range(2, 3), range(3, 4), 0.8),),
)


def test_the_page_shows_everything_and_escapes_it():
    page = alignment_page(ALIGNMENT, SOURCE, TARGET, names=("<a>", "b"))
    assert "Eins &amp; &lt;zwei&gt;." in page
    assert "&lt;a&gt;" in page
    assert all(text in page for text in TARGET)
    assert page.count('class="gap"') == 2
    assert 'id="from-0"' in page
    assert 'href="#from-0"' in page
    assert 'id="to-0"' in page
    assert 'href="#to-0"' in page
    assert "<script" not in page
    assert "Weg[U+000B][U+0001]." in page


@pytest.mark.parametrize(
    ("score", "word"),
    [(0.61, "close"), (0.6, "close"), (0.35, "middling"), (0.34, "loose")],
)
def test_closeness_is_said_in_words_too(score, word):
    alignment = Alignment((Bead(range(1), range(1), score),))
    page = alignment_page(alignment, ["a"], ["b"], names=("a", "b"))
    assert re.search(rf'bond {word}"><span class="score">{score:.2f} <b>{word}<', page)


def test_the_page_of_nothing_renders():
    assert "0 and 0 sentences" in alignment_page(Alignment(()), [], [], names=("a", "b"))
