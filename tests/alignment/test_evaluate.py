import pytest

from mtpipe.alignment.evaluate import Tally, read_beads
from mtpipe.errors import InputError, MalformedRecord


def tally(test, gold):
    counts = Tally()
    counts.add(test, gold)
    return counts


def test_a_perfect_alignment_scores_one():
    beads = [((0,), (0,)), ((1,), ()), ((), (1,)), ((2, 3), (2,))]
    counts = tally(beads, beads)
    assert (counts.strict.f1, counts.lax.f1) == (1.0, 1.0)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    gold = tmp_path / "gold"
    gold.write_bytes(b"\xef\xbb\xbf[0]:[0]\r\n[1]:[]\r\n")
    assert read_beads(gold) == [((0,), (0,)), ((1,), ())]


def test_null_beads_count_for_precision_only():
    counts = tally([((0,), (0,)), ((1,), ()), ((), (1,))], [((0,), (0,)), ((1,), (1,))])
    assert counts.strict.precision == pytest.approx(1 / 3)
    assert counts.strict.recall == pytest.approx(1 / 2)


def test_lax_asks_for_one_shared_sentence_pair():
    # 0-1 to 0 shares (0, 0) with gold; 2 to 2 shares nothing with gold 2 to 1.
    counts = tally([((0, 1), (0,)), ((2,), (2,))], [((0,), (0,)), ((2,), (1,))])
    assert counts.strict.f1 == 0.0
    assert counts.lax.precision == pytest.approx(1 / 2)
    assert counts.lax.recall == pytest.approx(1 / 2)


def test_counts_add_up_over_documents():
    counts = Tally()
    counts.add([((0,), (0,))], [((0,), (0,))])
    counts.add([((0,), ())], [((0,), (0,))])
    assert (counts.strict.precision, counts.strict.recall) == (0.5, 0.5)
    assert counts.by_shape[1, 1] == {"found": 1, "gold": 2, "right": 1}
    assert counts.strict_of(1, 1).recall == 0.5
    assert counts.shapes() == [(1, 1), (1, 0)]


def test_nothing_scores_zero():
    assert Tally().strict.f1 == 0.0


@pytest.mark.parametrize(
    ("line", "bead"),
    [
        pytest.param("[0]:[0, 1]", ((0,), (0, 1)), id="gold"),
        pytest.param("[0]:[0,1]:0.97", ((0,), (0, 1)), id="score"),
        pytest.param("[]:[3]", ((), (3,)), id="insertion"),
        pytest.param("[4, 5]:[]:0", ((4, 5), ()), id="deletion"),
    ],
)
def test_reads_a_line(tmp_path, line, bead):
    path = tmp_path / "gold"
    path.write_text(f"{line}\n\n")
    assert read_beads(path) == [bead]


@pytest.mark.parametrize(
    "line", ["0:0", "[0]", "[0]:[-1]", "[0]:[a]", "[" * 5_000, "[1.5]:[0]", '["0"]:[0]']
)
def test_refuses_a_malformed_line(tmp_path, line):
    path = tmp_path / "gold"
    path.write_text(f"[0]:[0]\n{line}\n")
    with pytest.raises(MalformedRecord, match="gold:2"):
        read_beads(path)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="can't read"):
        read_beads(tmp_path / "none")
