"""Articles on the command line as a user translates them, with the starter model."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, bytes, str]]
BASE = ("translate", "--model", "starter", "--beam", "1", "--to", "en")

PAGE = """<!doctype html><html lang="de"><head><title>Neue Brücke | Der Bote</title></head><body>
<nav><a href="/">Startseite</a> <a href="/p">Politik</a> <a href="/s">Sport</a></nav>
<div class="cookie">Diese Webseite verwendet Cookies. <button>Alle akzeptieren</button></div>
<article><h1>Neue Brücke eröffnet</h1>
<p>Am Samstag wurde in der Stadt eine neue Brücke eröffnet. Sie verbindet die Altstadt mit dem
Bahnhof, und die Bürgermeisterin dankte allen.</p>
<p>„Der Bau hat drei Jahre gedauert“, sagte sie. Er kostete 24 Millionen Franken.</p></article>
<section class="comments"><h2>3 Kommentare</h2><p>Endlich!</p></section></body></html>"""


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.html").write_text(PAGE, encoding="utf-8")
    (folder / "b.txt").write_text(
        "Le pont est ouvert\n\nLe nouveau pont a été inauguré samedi par la maire de la ville.\n",
        encoding="utf-8",
    )
    return folder


def records(text: bytes | str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_folder_becomes_records(run: Run, pages: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    code, out, err = run(*BASE, str(pages), "-o", str(output))
    assert (code, out) == (0, b"")
    page, text = records(output.read_text(encoding="utf-8"))
    assert (page["source_language"], text["source_language"]) == ("de", "fr")
    kinds = [paragraph["kind"] for paragraph in page["paragraphs"]]  # type: ignore[attr-defined]
    assert kinds == ["title", "paragraph", "paragraph"]
    sentences = [len(p["sentences"]) for p in page["paragraphs"]]  # type: ignore[attr-defined]
    assert sentences == [1, 2, 2]
    assert any("Cookies" in str(piece) for piece in page["furniture"])  # type: ignore[attr-defined]
    assert "model:starter@" in str(page["signature"])
    assert "2 articles, " in err

    # Again: nothing is done, and nothing is changed.
    before = output.read_bytes()
    code, _, err = run(*BASE, str(pages), "-o", str(output))
    assert code == 0
    assert output.read_bytes() == before
    assert "2 were done before" in err


@pytest.mark.parametrize("form", ["text", "html", "tsv", "tmx", "xliff"])
def test_formats(run: Run, pages: Path, form: str, tmp_path: Path) -> None:
    _, out, _ = run(*BASE, str(pages), "--format", form)
    assert out.count(b"24") >= 1
    code, nothing, _ = run(*BASE, str(pages), "--format", form, "-o", str(tmp_path / "out"))
    assert (code, nothing) == (0, b"")
    assert (tmp_path / "out").read_bytes() == out


def test_failures_are_listed(run: Run, pages: Path, tmp_path: Path) -> None:
    (pages / "c.txt").write_bytes(b"\x7fELF" + bytes(200))
    code, _, err = run(*BASE, str(pages), "no-such-file", "-o", str(tmp_path / "out.jsonl"))
    assert code == 6
    assert "failed: no-such-file (read): no such file or folder" in err
    listed = records((tmp_path / "out.jsonl.failures.jsonl").read_text(encoding="utf-8"))
    assert [failure["stage"] for failure in listed] == ["extract", "read"]
    assert len(records((tmp_path / "out.jsonl").read_text(encoding="utf-8"))) == 2


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder := tmp_path / "here").mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("flags", [(), ("-q",)], ids=["usual", "quiet"])
@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "page.txt: no such file"), ("", "page.txt: no text"), ("¿Dónde está la casa de mi abuela, que vive en el pueblo?", "page.txt: the language looks like")],
    ids=["missing", "empty", "Spanish"],
)  # fmt: skip
def test_nothing_to_read_is_an_error_of_the_input(
    run: Run, here: Path, text: str | None, message: str, flags: tuple[str, ...]
) -> None:
    if text is not None:
        (here / "page.txt").write_text(text, encoding="utf-8")
    before = sorted(here.iterdir())
    code, out, err = run(*flags, *BASE, "page.txt")
    assert (code, out) == (3, b"")
    assert err.startswith(f"error: {message}")
    assert sorted(here.iterdir()) == before


def test_nothing_to_read_leaves_the_output_as_it_was(run: Run, here: Path) -> None:
    (here / "full.txt").write_text("precious\n", encoding="utf-8")
    code, _, err = run(*BASE, "none", "nil", "-f", "text", "-o", "full.txt")
    assert code == 3
    assert "none of 2 inputs can be read; first none: no such file" in err
    assert "failures are listed in full.txt.failures.jsonl" in err
    assert (here / "full.txt").read_text(encoding="utf-8") == "precious\n"
    assert run(*BASE, "none", "-o", "new.jsonl")[0] == 3
    assert sorted(path.name for path in here.iterdir()) == [
        *("full.txt", "full.txt.failures.jsonl", "new.jsonl.failures.jsonl")
    ]


def test_failures_are_told_to_the_quiet_too(run: Run, pages: Path, here: Path) -> None:
    code, out, err = run("-q", *BASE, str(pages / "b.txt"), "none")
    assert (code, len(records(out))) == (6, 1)
    assert err == "error: failed: none (read): no such file or folder\n"
    assert list(here.iterdir()) == []
    assert run(*BASE, str(pages / "b.txt"), "none", "--failures", "list")[0] == 6
    assert [path.name for path in here.iterdir()] == ["list"]


def test_failures_of_an_earlier_run_do_not_stay(run: Run, pages: Path, tmp_path: Path) -> None:
    output, listed = str(tmp_path / "out.jsonl"), tmp_path / "out.jsonl.failures.jsonl"
    assert run(*BASE, str(pages), "no-such-file", "-o", output)[0] == 6
    assert listed.exists()
    assert run(*BASE, str(pages), "-o", output)[0] == 0
    assert not listed.exists()
    # What isn't a list of failures isn't mtpipe's.
    listed.write_text('{"mine": 1}\n', encoding="utf-8")
    assert run(*BASE, str(pages), "-o", output)[0] == 0
    code, _, err = run(*BASE, str(pages), "no-such-file", "-o", output)
    assert code == 5
    assert "failed: no-such-file" in err
    assert listed.read_text(encoding="utf-8") == '{"mine": 1}\n'


def test_html_keeps_links(run: Run, tmp_path: Path) -> None:
    page = PAGE.replace("Am Samstag", "<a href='https://a.example/?a=1&b=2'>Am Samstag").replace(
        "Bahnhof, und die Bürgermeisterin dankte allen.", "Bahnhof.</a>"
    )
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    _, out, _ = run(*BASE, str(tmp_path / "a.html"), "--format", "html")
    assert out.count(b'<a href="https://a.example/?a=1&amp;b=2" rel="noopener noreferrer">') == 2


def test_round_trip(run: Run, pages: Path) -> None:
    code, out, _ = run(*BASE, str(pages / "a.html"), "--round-trip")
    [record] = records(out)
    assert code == 0
    assert "en-de|model:starter" in str(record["signature"]).partition("round trip:")[2]
    values = [
        sentence["estimates"]["round_trip_chrf"]
        for paragraph in record["paragraphs"]  # type: ignore[attr-defined]
        for sentence in paragraph["sentences"]
    ]
    assert len(values) == 5
    assert all(0 < value <= 100 for value in values)


def test_standard_input(run: Run) -> None:
    code, out, _ = run(*BASE, "--from", "fr", stdin="Bonjour à tous.\n".encode())
    [record] = records(out)
    assert code == 0
    assert record["source_language"] == "fr"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(("--to", "nl"), 4, "unknown language 'nl'", id="language"),
        pytest.param(("--to", "en", "--from", "en"), 4, "are both en", id="same language"),
        pytest.param(("--to", "en", "--json"), 2, "--json is for --lines", id="json"),
        pytest.param(
            ("--to", "en", "--engine", "transformers", "--quantization", "int8"), 2,
            "is for --engine ctranslate2", id="quantization",
        ),
        pytest.param(("--to", "en", "--comet", "x"), 4, "no program comet-score", id="comet"),
        pytest.param(
            ("--to", "en", "--from", "de", "--lines", "--round-trip"), 2, "are for articles",
            id="round trip",
        ),
        pytest.param(("--to", "en", "--lines"), 2, "--lines needs --from", id="lines"),
        pytest.param(
            ("--to", "en", "--from", "de", "--lines", "-f", "tmx"), 2, "--format", id="format"
        ),
        pytest.param(
            ("--to", "en", "--from", "de", "-m", "opus-mt-de-en"), 4,
            "mtpipe models fetch opus-mt-de-en", id="model",
        ),
        pytest.param(("--to", "en", "-o", "/no/such/out.jsonl"), 5, "can't write", id="output"),
        pytest.param(("--to", "en", "-f", "tmx", "-o", "/no/x.tmx"), 5, "can't write", id="tmx"),
    ],
)  # fmt: skip
def test_errors_are_clear(run: Run, arguments: tuple[str, ...], code: int, message: str) -> None:
    got, out, err = run("translate", *arguments, stdin=b"Guten Tag, meine Damen und Herren.")
    assert (got, out) == (code, b"")
    assert message in err


def test_a_file_with_something_else_in_it_is_left_alone(run: Run, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("my notes\n", encoding="utf-8")
    code, _, err = run(*BASE, "-o", str(notes), stdin=b"Guten Tag.")
    assert code == 3
    assert "nothing was overwritten" in err
    assert notes.read_text(encoding="utf-8") == "my notes\n"


def test_the_input_is_never_the_output(run: Run, pages: Path) -> None:
    page = pages / "b.txt"
    before = page.read_bytes()
    for inputs in ([str(page)], [str(pages)], [str(pages / "*.txt")]):
        code, _, err = run(*BASE, *inputs, "--format", "text", "-o", str(page))
        assert (code, page.read_bytes()) == (3, before)
        assert f"{page} is read" in err


def test_an_article_in_two_languages_is_two_rows(run: Run, pages: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    page = str(pages / "a.html")
    assert run(*BASE, page, "-o", str(output))[0] == 0
    for times in ("1 articles", "1 were done before"):
        code, _, err = run(*BASE, "--to", "fr", page, "-o", str(output))
        assert (code, times in err) == (0, True)
        rows = records(output.read_text(encoding="utf-8"))
        assert [row["language"] for row in rows] == ["en", "fr"]
    assert "1 were done before" in run(*BASE, page, "-o", str(output))[2]


def test_translations_are_not_overwritten_by_a_document(
    run: Run, pages: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    page = str(pages / "a.html")
    run(*BASE, page, "-o", str(output))
    before = output.read_bytes()
    code, _, err = run(*BASE, page, "-o", str(output), "--format", "text")
    assert (code, output.read_bytes()) == (3, before)
    assert "nothing was overwritten" in err


def test_cache_info_and_clear(run: Run) -> None:
    run(*BASE, "--from", "de", stdin=b"Guten Tag.")
    _, out, _ = run("cache", "info")
    assert "sentences: 0" not in out.decode()
    code, _, err = run("cache", "clear")
    assert code == 0
    assert "deleted" in err
    _, out, _ = run("cache", "info")
    assert "sentences: 0\n" in out.decode()


class TestStops:
    """What a night's run has to survive."""

    @pytest.fixture
    def batch(self, tmp_path: Path) -> Path:
        path = tmp_path / "batch.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number in range(80):
                text = (
                    f"Die Stadt hat am Montag {number} neue Bäume gepflanzt. "
                    f"Der Rat dankte allen {number + 1} Helfern für ihre Arbeit."
                )
                file.write(json.dumps({"id": str(number), "text": text}) + "\n")
        return path

    @staticmethod
    def command(batch: Path, output: Path) -> list[str]:
        options = ["--from", "de", "--threads", "1", "-o", str(output)]
        # Small chunks, so that several are in flight and several are done at any moment.
        code = (
            "import sys; from mtpipe.pipeline.translate import chunks; chunks.CHUNK_SEGMENTS = 20;"
            "from mtpipe.cli import main; sys.exit(main(sys.argv[1:]))"
        )
        return [sys.executable, "-c", code, *BASE, str(batch), *options]

    def test_killed_again_and_again(self, batch: Path, tmp_path: Path) -> None:
        whole, killed = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
        own = {**os.environ, "MTPIPE_CACHE_MB": "50"}
        subprocess.run(
            [*self.command(batch, whole), "--no-cache"], check=True, capture_output=True, env=own
        )
        for articles in (1, 35, 60):
            with subprocess.Popen(
                self.command(batch, killed), stderr=subprocess.DEVNULL, env=own
            ) as process:
                while process.poll() is None and _lines(killed) < articles:
                    time.sleep(0.002)
                process.send_signal(signal.SIGKILL)
        subprocess.run(self.command(batch, killed), check=True, capture_output=True, env=own)
        assert killed.read_bytes() == whole.read_bytes()

    def test_an_interruption_finishes_what_is_in_hand(self, batch: Path, tmp_path: Path) -> None:
        output = tmp_path / "out.jsonl"
        with subprocess.Popen(
            self.command(batch, output), stderr=subprocess.PIPE, text=True
        ) as process:
            while process.poll() is None and _lines(output) < 1:
                time.sleep(0.002)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=120)
        assert process.returncode == 130
        assert "finishing the articles in hand" in err
        done = [record["id"] for record in records(output.read_bytes())]
        assert done == [str(number) for number in range(len(done))]
        assert 10 <= len(done) < 80


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
