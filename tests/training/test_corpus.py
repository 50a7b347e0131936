import bz2
import gzip
import lzma
from collections import Counter
from pathlib import Path

import pytest

from mtpipe.errors import InputError, MalformedRecord
from mtpipe.training.corpus import (
    MALFORMED,
    SentencePair,
    clean_pairs,
    direction_of,
    drop_reason,
    read_pairs,
)
from mtpipe.types import Direction

DE_EN = Direction.parse("de-en")
PAIR = SentencePair("my", "Guten Tag.", "Good day.")
LINE = "Guten Tag.\tGood day.\n"


def put(path, content):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_two_and_three_columns(tmp_path):
    path = put(tmp_path / "my.de-en.tsv", f"\ufeff{LINE}news\tJa.\tYes.\r\n")
    assert list(read_pairs(path, DE_EN)) == [PAIR, SentencePair("news", "Ja.", "Yes.")]


@pytest.mark.parametrize(
    ("ending", "compress"),
    [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)],
)
def test_compression_goes_by_the_ending(tmp_path, ending, compress):
    path = put(tmp_path / f"my.tsv{ending}", compress(LINE.encode()))
    assert list(read_pairs(path, DE_EN)) == [PAIR]


@pytest.mark.parametrize("ending", [".gz", ".xz", ".bz2"])
@pytest.mark.parametrize("damage", ["not compressed", "cut off"])
def test_damaged_archives(tmp_path, ending, damage):
    compress = {".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress}[ending]
    whole = compress("".join(f"{i} {LINE}" for i in range(9_999)).encode())
    path = put(tmp_path / f"my.tsv{ending}", LINE if damage == "not compressed" else whole[:-50])
    with pytest.raises(InputError, match="can't read"):
        list(read_pairs(path, DE_EN))


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        list(read_pairs(tmp_path / "none.tsv", DE_EN))


@pytest.mark.parametrize(
    "bad",
    ["one column\n", "a\tb\tc\td\n", b"caf\xe9\tcoffee\n", "x" * 300_000 + "\ty\n"],
    ids=["one column", "four columns", "Latin-1", "over-long"],
)
def test_single_bad_lines_are_counted(tmp_path, bad):
    bad = bad.encode() if isinstance(bad, str) else bad
    path = put(tmp_path / "my.tsv", LINE.encode() + bad + LINE.encode())
    dropped = Counter()
    assert list(read_pairs(path, DE_EN, dropped)) == [PAIR, PAIR]
    assert dropped == {MALFORMED: 1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("just text\n" * 3 + LINE, r":1: 1 columns"),
        (LINE + "just text\n" * 500 + LINE * 999, r":2: 1 columns"),
        (bytes(range(128, 256)) * 20, "isn't UTF-8"),
    ],
    ids=["short", "found out early", "binary"],
)
def test_a_file_of_something_else_is_refused(tmp_path, content, reason):
    with pytest.raises(MalformedRecord, match=reason):
        list(read_pairs(put(tmp_path / "my.tsv", content), DE_EN))


def tmx(units, head='<?xml version="1.0" encoding="UTF-8"?>'):
    return f'{head}<tmx version="1.4"><header srclang="de"/><body>{units}</body></tmx>'


UNIT = (
    '<tu><tuv xml:lang="de-CH"><seg>Guten\n Tag.</seg></tuv>'
    '<tuv xml:lang="EN"><seg>Good day.</seg></tuv></tu>'
)
DOCTYPE = '<!DOCTYPE tmx SYSTEM "tmx14.dtd">'


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (tmx(UNIT * 2), [PAIR, PAIR]),
        (tmx(UNIT, head=DOCTYPE), [PAIR]),
        (tmx(UNIT.replace("EN", "fr")), []),
        (tmx(UNIT.replace("EN", "nl")), []),
        (
            tmx(UNIT.replace("Good", '<bpt i="1">&lt;b></bpt>Go<hi>od</hi><ept i="1">/b</ept>')),
            [PAIR],
        ),
        (tmx(UNIT.replace("xml:lang", "lang")), [PAIR]),
        (tmx(""), []),
    ],
    ids=["two", "doctype", "other pair", "other language", "codes", "TMX 1.1", "empty"],
)
def test_tmx(tmp_path, content, wanted):
    assert list(read_pairs(put(tmp_path / "my.tmx", content), DE_EN)) == wanted


def test_compressed_tmx_in_the_reverse_direction(tmp_path):
    path = put(tmp_path / "my.tmx.gz", gzip.compress(tmx(UNIT).encode()))
    assert list(read_pairs(path, DE_EN.reversed)) == [PAIR.swapped]


@pytest.mark.parametrize(
    "content",
    [
        tmx(UNIT)[:-9],
        "no XML",
        tmx(UNIT, head='<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'),
        tmx(UNIT, head='<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
    ],
    ids=["cut off", "text", "entity bomb", "external entity"],
)
def test_bad_tmx_is_refused(tmp_path, content):
    with pytest.raises(MalformedRecord, match=r"TMX|safe"):
        list(read_pairs(put(tmp_path / "my.tmx", content), DE_EN))


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("Guten Tag.", "Good day.", None),
        ("Ja.", "Yes, of course.", None),
        ("  ", "Yes.", "empty"),
        ("Yes.", "", "empty"),
        ("Berlin 1990", "Berlin 1990 ", "copied"),
        ("Ein Satz.", "A sentence that says very much more than the other.", "length ratio"),
        ("12:30 –", "half", "no letters"),
        ("Am 3. Mai 1990 um 12 Uhr", "On 4 June 1991 at noon", "different figures"),
        ("Am 3. Mai 1990", "On 3 May 1990", None),
        ("1,5 Millionen", "1.5 million", None),
        ("Artikel 5", "Article five", None),
    ],
)
def test_drop_reason(source, target, reason):
    assert drop_reason(SentencePair("c", source, target)) == reason


def test_clean_pairs_counts_and_composes(tmp_path):
    path = put(tmp_path / "my.tsv", f"u\u0308ber\t over \nJa.\tJa.\nbad\n{LINE}")
    dropped = Counter()
    assert list(clean_pairs(path, DE_EN, dropped)) == [SentencePair("my", "über", "over"), PAIR]
    assert dropped == {"copied": 1, MALFORMED: 1}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("de-en.tsv.xz", "de-en"),
        ("newstest2018.fr-de.tsv", "fr-de"),
        ("my.tsv", None),
        ("de-en-notes.tsv", None),
        ("de-nl.tsv", None),
        ("de-de.tsv", None),
    ],
)
def test_direction_of(name, wanted):
    found = direction_of(Path(name))
    assert (str(found) if found else None) == wanted
