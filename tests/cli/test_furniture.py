"""What commands tell of what they set aside, and the options on it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

PAGE = """<html lang="de"><head><title>Die Brücke steht</title></head><body>
<nav><a href="/">Start</a> <a href="/p">Politik</a></nav>
<article><h1>Die Brücke steht</h1>
<p>Nach drei Jahren ist die Brücke fertig, und alle freuen sich darüber.</p>
<p>Lesen Sie auch: Wie alles begann</p>
<p>Die Bürgermeisterin dankte allen Helfern und sagte, es habe sich gelohnt.</p>
<p class="box">Das Wetter bleibt am Wochenende schön, meldet der Dienst.</p>
</article></body></html>
"""
TEXT = "Die Brücke steht\n\nNach drei Jahren ist die Brücke fertig, und alle freuen sich darüber.\n"
TOLD = "set aside as furniture: "


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


COMMANDS = {
    "translate": ["translate", "--to", "en", "a.html", "b.txt"],
    "detect": ["detect", "--no-engine", "a.html", "b.txt"],
    "align": ["align", "-f", "tsv", "a.html", "b.txt"],
    "archive add": ["archive", "add", "originals", "a.html", "b.txt"],
}


@pytest.fixture(params=COMMANDS.values(), ids=COMMANDS)
def command(request: pytest.FixtureRequest) -> list[str]:
    if "archive" in request.param:
        pytest.importorskip("lancedb")
    return list(request.param)


def test_it_is_told_once(run: Run, here: Path, command: list[str]) -> None:
    _, _, err = run(*command)
    assert err.count(TOLD) == 1
    assert f"{TOLD}3 blocks of 1 article; mtpipe --verbose lists them\n" in err
    assert "set aside: " not in err


def test_each_is_listed(run: Run, here: Path, command: list[str]) -> None:
    _, _, err = run("-v", *command)
    assert [line for line in err.splitlines() if line.startswith("set aside: ")] == [
        "set aside: a.html (navigation): Start",
        "set aside: a.html (navigation): Politik",
        "set aside: a.html (related): Lesen Sie auch: Wie alles begann",
    ]
    assert f"{TOLD}3 blocks of 1 article\n" in err


def test_the_quiet_are_not_told(run: Run, here: Path, command: list[str]) -> None:
    assert "set aside" not in run("-q", *command)[2]


def test_options_and_settings(
    run: Run, here: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["--no-wording", "--keep-selector", "nav", "--drop-text", "Wetter"]
    _, _, err = run("-v", *command, *given)
    assert "set aside: a.html (other): Das Wetter bleibt" in err
    assert f"{TOLD}1 block of 1 article\n" in err
    (here / "mtpipe.toml").write_text('[furniture]\ndrop-selector = ["p"]\nkeep-text = ["fertig"]')
    assert f"{TOLD}5 blocks of 1 article;" in run(*command)[2]
    monkeypatch.setenv("MTPIPE_DROP_SELECTOR", "p.box")
    assert f"{TOLD}4 blocks of 1 article;" in run(*command)[2]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--drop-selector", "p:hover"], "no selector that can be used: 'p:hover'"),
        (["--keep-text", "("], "no regular expression: '('"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_done(
    run: Run, here: Path, command: list[str], option: list[str], message: str
) -> None:
    code, out, err = run(*command, *option)
    assert (code, out) == (4, b"")
    assert message in err
    assert not (here / "originals").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["translate", "--lines", "--from", "de", "--to", "en", "b.txt"],
        ["align", "--lines", "b.txt", "b.txt"],
        ["detect", "--pairs", "b.txt"],
        ["detect", "--calibrate", "b.txt", "-o", "card.toml"],
    ],
    ids=["translate lines", "align lines", "pairs", "calibrate"],
)
def test_what_has_no_articles_has_no_furniture(run: Run, here: Path, arguments: list[str]) -> None:
    code, _, err = run(*arguments, "--drop-text", "x")
    assert code == 2
    assert "are for articles" in err


def test_a_run_with_other_rules_does_again_what_they_change(run: Run, here: Path) -> None:
    def rows() -> dict[str, int]:
        lines = Path("out.jsonl").read_text(encoding="utf-8").splitlines()
        records = map(json.loads, lines)
        return {record["id"]: len(record["paragraphs"]) for record in records}

    base = [*COMMANDS["translate"], "-o", "out.jsonl"]
    run(*base)
    assert rows() == {"a.html": 4, "b.txt": 2}
    _, _, err = run(*base, "--drop-text", "Wetter")
    assert "1 articles, " in err
    assert "1 were done before" in err
    assert rows() == {"b.txt": 2, "a.html": 3}
    assert "2 were done before" in run(*base, "--drop-selector", ".box")[2]


def test_verdicts_by_other_rules_are_told_anew(run: Run, here: Path) -> None:
    base = ["detect", "--no-engine", "a.html", "--original", "b.txt", "-o", "out.jsonl"]
    run(*base)
    assert "1 were done before" in run(*base)[2]
    assert "done before" not in run(*base, "--drop-text", "Wetter")[2]
    # The original is read by them, too.
    assert "done before" not in run(*base, "--drop-text", "Wetter", "--drop-text", "fertig")[2]


def test_an_archive_replaces_what_other_rules_change(run: Run, here: Path) -> None:
    pytest.importorskip("lancedb")
    run(*COMMANDS["archive add"])
    _, _, err = run(*COMMANDS["archive add"], "--drop-text", "Wetter")
    assert "0 articles added, 1 replaced, 1 were there" in err
