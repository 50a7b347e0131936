from hypothesis import given
from hypothesis import strategies as st

from mtpipe.report.detection.runs import shared_runs


def marked(sentences):
    return [[piece.text for piece in pieces if piece.shared] for pieces in sentences]


def test_a_run_is_found_whatever_the_case_and_punctuation():
    runs = shared_runs(
        ["Heute sagte sie: „Es ist ernst“, mehr nicht."],
        ["Gestern SAGTE SIE es ist ernst, aber nicht mehr."],
    )
    assert marked(runs.first) == [["sagte sie: „Es ist ernst"]]
    assert marked(runs.second) == [["SAGTE SIE es ist ernst"]]
    assert (runs.shared, runs.words) == (5, 9)


def test_three_words_are_no_run():
    runs = shared_runs(["eins zwei drei vier"], ["eins zwei drei fünf"])
    assert runs.shared == 0
    assert marked(runs.second) == [[]]


def test_a_run_goes_on_in_the_next_sentence():
    runs = shared_runs(["Eins zwei. Drei vier."], ["Eins zwei.", "Drei vier."])
    assert marked(runs.second) == [["Eins zwei"], ["Drei vier"]]
    assert runs.shared == 4


def test_apostrophes_and_numbers_are_one_word():
    runs = shared_runs(["l’eau à 1.200 mètres"], ["L'eau à 1.200 mètres"])
    assert marked(runs.first) == [["l’eau à 1.200 mètres"]]
    assert runs.words == 4


def test_two_runs_in_a_sentence():
    runs = shared_runs(["a b c d x e f g h"], ["a b c d y e f g h"])
    assert marked(runs.second) == [["a b c d", "e f g h"]]


def test_nothing():
    runs = shared_runs([], ["a b c d", ""])
    assert (runs.first, runs.shared, runs.words) == ((), 0, 4)
    assert [len(pieces) for pieces in runs.second] == [1, 0]


sentences = st.lists(st.text(alphabet="ab ,'.1", max_size=40), max_size=4)


@given(sentences, sentences)
def test_pieces_are_the_sentences(first, second):
    runs = shared_runs(first, second)
    for texts, cut in ((first, runs.first), (second, runs.second)):
        assert ["".join(piece.text for piece in pieces) for pieces in cut] == texts
    assert 0 <= runs.shared <= runs.words


@given(sentences)
def test_a_text_shares_all_its_words_with_itself_or_none(texts):
    runs = shared_runs(texts, texts)
    assert runs.shared == (runs.words if runs.words >= 4 else 0)
