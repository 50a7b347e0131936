"""The command as a user runs it, with the starter model."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mtpipe.lines import LineWriter

Run = Callable[..., tuple[int, bytes, str]]
DE_EN = ("translate", "--lines", "--from", "de", "--to", "en")


def test_a_real_sentence_becomes_a_real_translation(run: Run) -> None:
    code, out, err = run(*DE_EN, stdin="Vielen Dank!\n\nDer Präsident\n".encode())
    first, empty, last = out.decode().split("\n")[:3]
    assert code == 0
    assert "thank" in first.lower()
    assert empty == ""
    assert "president" in last.lower()
    assert err == "model: starter for de-en; a better one: mtpipe models fetch opus-mt-de-en\n"


def test_chosen_model_needs_no_notice(run: Run) -> None:
    assert run(*DE_EN, "--model", "starter", stdin=b"Ja.\n")[2] == ""


def test_quiet_and_verbose(run: Run) -> None:
    assert run("--quiet", *DE_EN, stdin=b"Ja.\n")[2] == ""
    _, _, err = run("--verbose", *DE_EN, stdin=b"Ja.\n")
    assert "system: model:starter@" in err
    assert "1 lines in" in err


def test_files_and_json(run: Run, tmp_path: Path) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.jsonl"
    source.write_text("Ja.\n42\n", encoding="utf-8")
    code, out, _ = run(*DE_EN, str(source), "-o", str(target), "--json", "--beam", "1")
    assert (code, out) == (0, b"")
    first, second = map(json.loads, target.read_text(encoding="utf-8").splitlines())
    assert first["line"] == 1
    assert first["score"] < 0
    assert second == {"line": 2, "source": "42", "target": "42", "score": 0.0}


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        pytest.param(
            ("translate", "--lines", "--from", "nl", "--to", "en"), b"", 4,
            "unknown language 'nl'", id="unknown language",
        ),
        pytest.param(
            ("translate", "--lines", "--from", "de", "--to", "de"), b"", 4,
            "are both de", id="same language",
        ),
        pytest.param(
            (*DE_EN, "--model", "startre"), b"", 4, "did you mean starter", id="misspelt model"
        ),
        pytest.param(
            (*DE_EN, "--model", "opus-mt-de-en"), b"", 4,
            "mtpipe models fetch opus-mt-de-en", id="model not installed",
        ),
        pytest.param((*DE_EN, "--device", "foo"), b"Ja.\n", 2, "--device", id="unknown device"),
        pytest.param(DE_EN, b"\x7fELF\x00\x00\n", 3, "isn't text", id="binary"),
        pytest.param((*DE_EN, "no-such-file"), b"", 3, "can't read no-such-file", id="no file"),
        pytest.param((*DE_EN, "--beam", "0"), b"", 2, "--beam", id="usage"),
        pytest.param((*DE_EN, "--failures", "f"), b"", 2, "--failures is for articles", id="failures"),
        pytest.param(
            (*DE_EN, "-o", "/no/such/folder/out"), b"Ja.\n", 5, "can't write", id="no folder"
        ),
    ],
)  # fmt: skip
def test_errors_are_clear(
    run: Run, arguments: tuple[str, ...], stdin: bytes, code: int, message: str
) -> None:
    got, out, err = run(*arguments, stdin=stdin)
    assert (got, out) == (code, b"")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("engine", ["ctranslate2", "transformers"])
def test_without_a_gpu_the_cpu_is_proposed(
    run: Run, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch" if engine == "transformers" else engine)
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 0)
    if engine == "transformers":
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    code, _, err = run(*DE_EN, "--device", "cuda", "--engine", engine, stdin=b"Ja.\n")
    assert code == 4
    assert "there is no GPU" in err
    assert err.endswith("  --device cpu\n")


def test_doubtful_translations_are_counted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtpipe.engines.safety.lost_numbers", lambda *_: ["1"])
    code, out, err = run(*DE_EN, "--model", "starter", stdin="Ja 🎬 und nein.\n".encode())
    assert code == 0
    assert "🎬" in out.decode()
    assert err == "doubtful translations: numbers 1; --json says which\n"


def test_latin_1_is_translated_and_flagged(run: Run) -> None:
    code, out, err = run(*DE_EN, stdin="Ja.\nMünchen für alle\n".encode("latin-1"))
    assert code == 6
    assert out.count(b"\n") == 2
    assert "line 2 isn't UTF-8, read as Windows-1252" in err


def test_a_long_line_is_one_line(run: Run) -> None:
    line = ("Der Rat hat am Montag entschieden. " * 60).encode()
    code, out, _ = run(*DE_EN, "--beam", "1", stdin=line + b"\nJa.\n")
    assert code == 0
    assert out.count(b"\n") == 2


def test_the_input_is_never_the_output(run: Run, tmp_path: Path) -> None:
    (same := tmp_path / "same.txt").write_text("Ja.\n", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to(same)
    for output in (same, tmp_path / "link.txt"):
        code, _, err = run(*DE_EN, str(same), "-o", str(output))
        assert code == 3
        assert "can't be written at the same time" in err
    (part := tmp_path / "out.txt.part").write_text("Ja.\n", encoding="utf-8")
    assert run(*DE_EN, str(part), "-o", str(tmp_path / "out.txt"))[0] == 3
    assert same.read_text(encoding="utf-8") == part.read_text(encoding="utf-8") == "Ja.\n"


def test_an_unreadable_input_leaves_the_output_as_it_was(run: Run, tmp_path: Path) -> None:
    (output := tmp_path / "out.txt").write_bytes(b"precious\n")
    code, _, err = run(*DE_EN, "-o", str(output), stdin="Ja.\n".encode("utf-16"))
    assert (code, output.read_bytes()) == (3, b"precious\n")
    assert "UTF-16" in err
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]


def test_what_is_done_before_an_interruption_is_kept(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = LineWriter.write

    def interrupted(writer: LineWriter, lines: list[str]) -> None:
        write(writer, lines)
        raise KeyboardInterrupt

    monkeypatch.setattr(LineWriter, "write", interrupted)
    (output := tmp_path / "out.txt").write_bytes(b"precious\n")
    code, _, err = run(*DE_EN, "-o", str(output), stdin=b"1\n2\n3\n")
    assert (code, output.read_bytes()) == (130, b"precious\n")
    assert err.endswith(f"3 lines are in {output}.part\nerror: interrupted\n")
    assert (tmp_path / "out.txt.part").read_bytes() == b"1\n2\n3\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_full_disk(run: Run) -> None:
    code, _, err = run(*DE_EN, "-o", "/dev/full", stdin=b"Ja.\n")
    assert code == 5
    assert "No space left on device; 0 lines were written" in err


def test_a_reader_that_goes_away_is_no_error_message(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes(b"\n" * 300_000)
    command = [sys.executable, "-m", "mtpipe", "--quiet", *DE_EN, str(tmp_path / "in.txt")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=120) == 5


def test_version(run: Run) -> None:
    code, out, _ = run("--version")
    assert code == 0
    assert out.startswith(b"mtpipe ")
