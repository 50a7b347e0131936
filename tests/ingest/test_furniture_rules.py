import pytest

from mtpipe.config import FurnitureSettings
from mtpipe.errors import ConfigError
from mtpipe.ingest import read_articles
from mtpipe.ingest.furniture_rules import FurnitureRules
from mtpipe.ingest.html import read_html
from mtpipe.ingest.page import Page
from mtpipe.ingest.tables import page_of_record
from mtpipe.ingest.text import read_markdown, read_text
from mtpipe.types import Article, BlockKind, Failure

PAGE = """
<html lang="de"><head><title>Die Brücke steht</title></head><body>
<nav><a href="/">Start</a> <a href="/p">Politik</a></nav>
<article><h1>Die Brücke steht</h1>
<p class="lead">Nach drei Jahren ist die Brücke fertig, und alle freuen sich darüber.</p>
<p>Lesen Sie auch: Wie alles begann</p>
<p>Die Bürgermeisterin dankte allen Helfern und sagte, es habe sich gelohnt.</p>
<div class="box"><p>Das Wetter bleibt am Wochenende schön, meldet der Dienst.</p>
<p class="lead">Im Kasten steht noch ein Satz, der wichtig ist für alle.</p></div>
</article>
<aside class="related"><p>Andere Brücken in der Gegend sind ebenfalls alt.</p></aside>
<footer>© 2024 Blatt</footer></body></html>
"""
TEXT = """\
Die Brücke steht

Nach drei Jahren ist die Brücke fertig, und alle freuen sich darüber.

Lesen Sie auch: Wie alles begann

Die Bürgermeisterin dankte allen Helfern.

Anzeige

---

© 2024 Blatt
"""


def rules(**settings: object) -> FurnitureRules:
    return FurnitureRules(FurnitureSettings(**settings))  # type: ignore[arg-type]


def body(page: Page) -> list[str]:
    """The first two words of each block of the body."""
    return [" ".join(block.text.split()[:2]) for block in page.blocks]


USUAL = ["Die Brücke", "Nach drei", "Die Bürgermeisterin", "Das Wetter", "Im Kasten"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, USUAL, id="none"),
        pytest.param({"drop_selector": (".box",)}, USUAL[:3], id="drop a selector"),
        pytest.param({"drop_selector": (".box p", ".none")}, USUAL[:3], id="drop descendants"),
        pytest.param(
            {"drop_selector": (".box",), "keep_selector": (".lead",)}, [*USUAL[:3], "Im Kasten"],
            id="the nearest element decides",
        ),
        pytest.param(
            {"drop_selector": (".lead",), "keep_selector": ("p",)},
            [*USUAL[:2], "Lesen Sie", *USUAL[2:], "Andere Brücken"], id="keep goes first",
        ),
        pytest.param(
            {"keep_selector": ("aside",)}, [*USUAL, "Andere Brücken"], id="keep from a zone"
        ),
        pytest.param({"drop_text": ("Wetter|Kasten",)}, USUAL[:3], id="drop a text"),
        pytest.param({"drop_text": ("wetter",)}, USUAL, id="letter case counts"),
        pytest.param(
            {"keep_text": ("^Lesen Sie",)}, [*USUAL[:2], "Lesen Sie", *USUAL[2:]], id="keep a text"
        ),
        pytest.param(
            {"drop_selector": (".box",), "keep_text": ("Wetter",)}, USUAL[:4],
            id="a text before a selector",
        ),
        pytest.param(
            {"drop_text": ("Wetter",), "keep_text": ("Dienst",)}, USUAL, id="keep a text first"
        ),
        pytest.param(
            {"wording": False}, [*USUAL[:2], "Lesen Sie", *USUAL[2:]], id="structure alone"
        ),
    ],
)  # fmt: skip
def test_a_page(settings: dict[str, object], expected: list[str]) -> None:
    page = read_html(PAGE, rules=rules(**settings))
    assert body(page) == expected
    every = {block.text for block in read_html(PAGE).blocks + read_html(PAGE).furniture}
    assert {block.text for block in page.blocks + page.furniture} == every


def test_what_is_kept_is_what_its_element_says() -> None:
    page = read_html("<article><h1>Über die Stadt</h1><p>Ein Satz, der lang genug ist, um zu bleiben.</p>"
                     "<nav><h2>Mehr davon</h2><ul><li>Ein Punkt</li></ul></nav></article>",
                     rules=rules(keep_selector=("nav",)))  # fmt: skip
    assert [block.kind for block in page.blocks[-2:]] == [BlockKind.HEADING, BlockKind.LIST_ITEM]


def test_a_page_that_nothing_is_found_in_without_a_selector() -> None:
    html = "<body><div class='x'>Kurz.</div></body>"
    assert body(read_html(html, rules=rules(keep_selector=(".x",)))) == ["Kurz."]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, ["Die Brücke", "Nach drei", "Die Bürgermeisterin"], id="none"),
        pytest.param(
            {"wording": False},
            ["Die Brücke", "Nach drei", "Lesen Sie", "Die Bürgermeisterin", "Anzeige", "© 2024"],
            id="all but lines without a letter",
        ),
        pytest.param(
            {"keep_text": ("^Anzeige$",)}, ["Die Brücke", "Nach drei", "Die Bürgermeisterin", "Anzeige"],
            id="keep",
        ),
        pytest.param({"drop_text": ("dankte",)}, ["Die Brücke", "Nach drei"], id="drop"),
        pytest.param(
            {"wording": False, "drop_text": ("^Die Brücke steht$", "©", "Anzeige")},
            ["Nach drei", "Lesen Sie", "Die Bürgermeisterin"], id="no title any more",
        ),
    ],
)  # fmt: skip
def test_plain_text(settings: dict[str, object], expected: list[str]) -> None:
    assert body(read_text(TEXT, rules=rules(**settings))) == expected
    record = page_of_record({"text": TEXT}, rules=rules(**settings))
    assert body(record) == expected


def test_repetitions_stay_where_wording_does_not_count() -> None:
    text = "Die Brücke steht\n\nDie Brücke steht\n\nNach drei Jahren ist sie fertig.\n"
    assert len(read_text(text).blocks) == 2
    assert len(read_text(text, rules=rules(wording=False)).blocks) == 3


def test_markdown() -> None:
    text = "# Die Brücke\n\nEin Absatz.\n\n```\nx = 1\n```\n\nAnzeige hier.\n"
    page = read_markdown(text, rules=rules(keep_text=("x = ",), drop_text=("^Anzeige",)))
    assert body(page) == ["Die Brücke", "Ein Absatz.", "x ="]
    assert [block.text for block in page.furniture] == ["Anzeige hier."]


@pytest.mark.parametrize("field", ["drop_text", "keep_text"])
def test_what_is_no_expression_is_refused(field: str) -> None:
    with pytest.raises(ConfigError, match="no regular expression: 'a\\('"):
        rules(**{field: ("a(",)})


def test_a_pattern_without_an_end_fails_the_article_only(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("Ein Satz mit Worten.\n\n" + "a" * 5_000 + "!\n")
    (tmp_path / "b.txt").write_text("Ein Satz mit Worten, der lang genug ist.\n")
    items = list(read_articles([str(tmp_path)], rules=rules(drop_text=("(a|aa)+$",))))
    assert [type(item) for item in items] == [Failure, Article]
    assert "takes too long" in items[0].error


def test_nothing_left_is_told(tmp_path) -> None:
    (tmp_path / "a.html").write_text(PAGE)
    [failure] = read_articles([str(tmp_path)], rules=rules(drop_text=(".",)))
    assert isinstance(failure, Failure)
    assert failure.error.startswith("nothing but furniture (to keep some of it: --keep-text")
