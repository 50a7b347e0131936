"""Small inputs after users' reports of faults, run as a user would run them.

They lie in the folder of evaluation data (``cases/README.md`` there says what is right); what is
checked is what doesn't depend on how well the starter translates.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mtpipe.models.cards import bundled_directory
from tests.cli.conftest import Run
from tests.conftest import SHARED

CASES = SHARED / "cases"
ORIGINAL = bundled_directory().parent / "data" / "demo" / "archive" / "barrage-orvane.html"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} isn't here")


def case(name: str) -> str:
    return str(CASES / name)


class Cases:
    """Commands on cases, and what they give."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def articles(self, name: str, to: str, *options: str) -> list[dict[str, Any]]:
        _, out, _ = self._run("translate", case(name), "--to", to, *options)
        return [json.loads(line) for line in out.decode().splitlines()]

    def sources(self, name: str, to: str = "en", *options: str) -> list[str]:
        [article] = self.articles(name, to, *options)
        return [paragraph["source"] for paragraph in article["paragraphs"]]

    def shown(self, name: str, shape: str = "text", to: str = "en", *options: str) -> str:
        return self._run("translate", case(name), "--to", to, "-f", shape, *options)[1].decode()

    def lines(self, name: str) -> list[dict[str, Any]]:
        command = ("translate", "--lines", "--from", "de", "--to", "en", "--json", case(name))
        return [json.loads(line) for line in self._run(*command)[1].decode().splitlines()]

    def verdict(self, name: str, *options: str) -> dict[str, Any]:
        found = json.loads(self._run("detect", case(name), "--json", *options)[1])
        assert isinstance(found, dict)
        return found


@pytest.fixture
def cases(run: Run) -> Cases:
    return Cases(run)


@pytest.mark.parametrize(
    ("name", "to", "begin"),
    [
        ("01-body-as-related.txt", "en", ["Das könnte sie den Aufstieg kosten."]),
        ("01b-body-as-related.fr.txt", "en", ["Sur le même ton, ", "À lire les documents, "]),
        ("01c-body-as-navigation.jsonl", "de", ["NEXT reported ", "See also how "]),
        ("31-next-plc.txt", "en", ["NEXT "]),
        ("17-br-lines.html", "en", ["Adresse:", "53111 Bonn"]),
        ("20-dialogue-dash.html", "en", ["— "]),
        ("pages/20_tails_de.html", "en", ["Die Arbeiten beginnen im April"]),
        ("pages/22_jsonld_only_de.html", "en", ["Die Stadt Musterhausen will"]),
        ("pages/23_noscript_de.html", "en", ["Die Stadt Musterhausen will"]),
    ],
)
def test_body_is_body(cases: Cases, name: str, to: str, begin: list[str]) -> None:
    found = [text for article in cases.articles(name, to) for text in
             (paragraph["source"] for paragraph in article["paragraphs"])]  # fmt: skip
    for wanted in begin:
        assert any(text.startswith(wanted) for text in found), found


def test_a_lead_that_begins_like_the_title_stays(cases: Cases) -> None:
    [article] = cases.articles("02-lead-repeats-title.html", "en")
    assert not [one for one in article.get("furniture", ()) if one["kind"] == "repeated title"]
    assert article["paragraphs"][1]["source"].startswith(article["paragraphs"][0]["source"][:15])


def test_a_title_is_not_the_name_of_the_site(cases: Cases) -> None:
    assert cases.sources("pages/21_site_name_h1_de.html")[0] == "Streit um die alte Brücke"


@pytest.mark.parametrize(
    ("name", "shape", "wanted"),
    [
        ("03-table-figures.html", "html", ["1,073,096", "335,789", "<table", "<ol"]),
        ("04-live-blog.html", "text", ["12:45", "11:20", "09:05"]),
        ("07b-sup.html", "html", ["10³"]),
        ("12-code-and-translate-no.html", "html",
         ["pip install schnell", "Neue Sonne", "Grüner Hügel", "für i in liste", "“"]),
        ("15-figures-alone.txt", "text", ["18.5 m", "335,789", "3.5%", "12,000 €"]),
        ("06-addresses.txt", "text",
         ["https://www.stadt-beispiel.de/zahlen/2024/bericht.pdf", "beispiel-zeitung.de",
          "https://beispiel.org/a-b_c?x=1&y=2#teil", "bericht_2024.pdf", "@stadt_online",
          "#BrückeZu"]),
        ("27-q-del.html", "html", ["“"]),
    ],
)  # fmt: skip
def test_what_has_to_be_there_is_there(
    cases: Cases, name: str, shape: str, wanted: list[str]
) -> None:
    shown = cases.shown(name, shape)
    assert [text for text in wanted if text not in shown] == []
    if name.startswith("06"):
        assert all(shown.count(text) == 1 for text in wanted)


@pytest.mark.parametrize("name", ["05-stray-byte.html", "05b-stray-byte.txt"])
def test_a_stray_byte_is_one_character(
    cases: Cases, run: Run, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = " ".join(cases.sources(name))
    assert "Ã" not in text
    assert text.count("\ufffd") <= 1


def test_lines(cases: Cases) -> None:
    figures = " ".join(row["target"] for row in cases.lines("07-superscripts.de"))
    assert all(text in figures for text in ("10³", "10⁶", "50 €¹"))
    for row in cases.lines("08-caps.de"):
        assert row["target"] != row["source"] or row.get("flags")
        assert row["target"].isupper()
    assert not any(
        re.search("[\v\f\x85\u2028]", row["target"]) for row in cases.lines("18-vt-ff.de")
    )
    assert any("&" in row["target"] for row in cases.lines("19-entities.de"))


@pytest.mark.parametrize(
    ("name", "count", "options"),
    [
        ("10-open-quote.tsv", 4, ("--from", "de")),
        ("11-array.json", 2, ("--from", "de")),
        ("11b-feed.xml", 2, ("--from", "de")),
        ("28-article.txt.gz", 1, ("--from", "de")),
    ],
)
def test_files_are_read_as_what_they_are(
    cases: Cases, name: str, count: int, options: tuple[str, ...]
) -> None:
    assert len(cases.articles(name, "en", *options)) == count


def test_what_is_not_read_is_refused(run: Run) -> None:
    code, out, err = run("translate", case("29-subtitles.srt"), "--to", "en")
    assert (code, out) == (3, b"")
    assert "subtitles" in err


def test_wrapped_lines_are_joined(cases: Cases) -> None:
    text = " ".join(cases.sources("16-hyphenated.txt"))
    assert all(word in text for word in ("Verkehr", "Arbeiterinnen", "Jahren"))


def test_figures_are_nobodys_invention(cases: Cases) -> None:
    [article] = cases.articles("09-invented-figures.fr.txt", "de", "--from", "fr")
    for paragraph in article["paragraphs"]:
        for sentence in paragraph["sentences"]:
            given, written = (re.findall(r"\d", sentence[side]) for side in ("source", "target"))
            assert given == written or sentence.get("flags"), sentence


def test_an_offer_is_no_body(cases: Cases, run: Run) -> None:
    assert "30 Tage" not in " ".join(cases.sources("25-paywall.html"))
    assert "may be cut: " in run("translate", case("25-paywall.html"), "--to", "en")[2]


def test_links(run: Run, tmp_path: Path) -> None:
    languages = ("--from", "de", "--to", "fr")
    _, out, _ = run(
        "align", *languages, "-f", "tsv", case("01d-align.de.txt"), case("01d-align.fr.txt")
    )
    assert len(out.splitlines()) == 5
    pair = (case("14-empty-lines.de"), case("14-empty-lines.fr"))
    _, out, _ = run("align", "--lines", *languages, "-f", "tmx", *pair)
    assert b"<seg></seg>" not in out
    assert b"<seg/>" not in out
    _, _, err = run("align", *languages, case("30-unrelated.de.txt"), case("30-unrelated.fr.txt"))
    assert "--min-score" in err


def test_moved_passages_are_rendered_as_well(cases: Cases) -> None:
    covered = []
    for name in ("13-straight.de.txt", "13-halves-swapped.de.txt", "13-reversed.de.txt"):
        found = cases.verdict(name, "--original", str(ORIGINAL), "--no-engine")
        [value] = [
            one["value"]
            for one in found["evidence"]["translation_of"]
            if one["id"] == "candidate_covered"
        ]
        covered.append(value)
    assert max(covered) - min(covered) < 0.1


def test_capitals_change_little(cases: Cases) -> None:
    # With the starter, capitals cannot be rated, so that less is known of them.
    straight, upper = (
        cases.verdict(name, "--original", str(ORIGINAL), "--no-engine")
        for name in ("13-straight.de.txt", "22-upper.de.txt")
    )
    assert upper["verdict"] == straight["verdict"]
    assert upper["machine_made"] > 0.8


def test_look_alike_letters_are_told(cases: Cases) -> None:
    found = cases.verdict("21-homoglyphs.de.txt", "--original", str(ORIGINAL), "--no-engine")
    assert "mixed-scripts" in [one["id"] for one in found["evidence"]["republication"]]
    assert found["translation_of"] > 0.9


def test_a_bad_first_row_is_listed(run: Run, tmp_path: Path) -> None:
    rows = tmp_path / "v.jsonl"
    code, _, _ = run("detect", "--pairs", case("23-first-row-null.jsonl"), "-o", str(rows))
    assert code == 6
    assert len(rows.read_text().splitlines()) == 1


def test_letters_and_accents_apart_are_the_same_article(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("lancedb")
    places = (case("24-nfc.fr.txt"), case("24-nfd.fr.txt"))
    _, _, err = run("archive", "add", str(tmp_path / "a"), *places)
    assert "1 articles added, 0 replaced, 1 were there" in err


@pytest.mark.parametrize(
    "name", ["1.html", "2.html", "3.html", "5.html", "6.html", "9.html", "says.html"]
)
def test_a_page_that_says_so_itself_is_believed(cases: Cases, name: str) -> None:
    found = cases.verdict(f"32-translated-page-{name}", "--no-engine")
    evidence = found["evidence"]["republication"]
    assert any(one["weight"] > 0 and one["quotations"] for one in evidence)


@pytest.mark.parametrize(
    "name",
    sorted(path.name for path in (CASES / "pages").glob("*.html")) or ["none"],
)
def test_innocent_pages_show_nothing(cases: Cases, name: str) -> None:
    found = cases.verdict(f"pages/{name}", "--no-engine")
    assert found["republication"] < 0.3
    if not name.startswith(("07", "15")):
        assert not [one for one in found["evidence"]["republication"] if one["weight"] > 0]
