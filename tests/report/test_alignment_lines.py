import json
from xml.etree import ElementTree as ET

import pytest

from mtpipe.report.alignment_lines import jsonl_lines, tmx_lines, tsv_lines, vecalign_lines
from mtpipe.types import Alignment, Bead, Language
from tests.report.test_alignment import ALIGNMENT, SOURCE, TARGET


def test_vecalign():
    assert list(vecalign_lines(ALIGNMENT)) == [
        "[0]:[0]:0.97",
        "[1]:[1, 2]:0.5",
        "[2]:[]:0",
        "[]:[3]:0",
    ]


def test_tsv_has_three_cells_a_line():
    rows = [line.split("\t") for line in tsv_lines(ALIGNMENT, SOURCE, TARGET)]
    assert rows[1] == ["Drei vier.", "Trois. Quatre.", "0.5"]
    assert rows[3] == ["", "Neuf.", "0"]
    assert all(len(row) == 3 for row in rows)


def test_formulas_are_guarded_in_tsv_alone():
    texts = ['=HYPERLINK("https://a.example")'], ["- Oui, dit-il."]
    one = Alignment((Bead(range(1), range(1), 0.5),))
    assert list(tsv_lines(one, *texts)) == [f"'{texts[0][0]}\t{texts[1][0]}\t0.5"]
    assert json.loads(next(jsonl_lines(one, *texts)))["source_text"] == texts[0]


def test_empty_lines_within_a_bead_leave_no_gap():
    one = Alignment((Bead(range(3), range(1), 0.5),))
    texts = ["Eins", " ", "zwei."], ["Un deux."]
    assert list(tsv_lines(one, *texts)) == ["Eins zwei.\tUn deux.\t0.5"]
    document = "".join(tmx_lines(one, *texts, languages=(Language.DE, Language.FR)))
    assert "<seg>Eins zwei.</seg>" in document


def test_jsonl_has_beads_and_moves():
    records = [json.loads(line) for line in jsonl_lines(ALIGNMENT, SOURCE, TARGET)]
    assert [record["kind"] for record in records] == ["bead"] * 4 + ["move"]
    assert records[1]["target_text"] == ["Trois.", "Quatre."]
    assert records[4]["source"] == [2]


@pytest.mark.parametrize(
    ("languages", "codes"),
    [
        pytest.param((Language.DE, Language.FR), ["de", "fr"], id="known"),
        pytest.param((None, None), ["und", "und"], id="unknown"),
    ],
)
def test_tmx_is_xml_with_the_full_beads(languages, codes):
    source = [*SOURCE[:1], SOURCE[1] + "\x0b\x01\ufffe", SOURCE[2]]
    lines = tmx_lines(ALIGNMENT, source, TARGET, languages=languages)
    units = ET.fromstring("\n".join(lines).encode()).findall("body/tu")
    assert len(units) == 2
    assert units[0].findtext("tuv/seg") == SOURCE[0]
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [tuv.get(language) for tuv in units[0].iter("tuv")] == codes
