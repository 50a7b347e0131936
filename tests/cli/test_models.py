import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtpipe.cli import main
from mtpipe.cli.models_output import print_check
from mtpipe.models.listing import ModelCheck
from tests.models.hub_server import Repository, StandIn, hub_of_test
from tests.models.tiny_marian import SOURCE, TARGET, contents, tiny_marian

HUB_ID, NAME = "acme/tiny-de-en", "tiny-de-en"

Output = pytest.CaptureFixture[str]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with hub_of_test(tmp_path, monkeypatch) as running:
        running.repositories[HUB_ID] = Repository(contents(tiny_marian()))
        yield running


@pytest.fixture
def fetched(stand_in: StandIn, capsys: Output) -> Path:
    assert main(["models", "fetch", HUB_ID]) == 0
    return Path(capsys.readouterr().out.strip())


def _json(capsys: Output) -> object:
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("stand_in")
def test_list(capsys: Output) -> None:
    assert main(["models", "list"]) == 0
    output = capsys.readouterr()
    for name in ("starter", "opus-mt-de-en", "opus-mt-tc-big-en-fr"):
        assert name in output.out
    assert "mtpipe models fetch NAME" in output.err


def test_list_json(fetched: Path, capsys: Output) -> None:
    assert main(["models", "list", "--json"]) == 0
    rows = {row["name"]: row for row in _json(capsys)}  # type: ignore[attr-defined]
    assert rows[NAME]["installed"]
    assert rows[NAME]["size_bytes"] > 100_000
    assert not rows["opus-mt-de-en"]["installed"]
    assert rows["opus-mt-de-en"]["directions"] == ["de-en"]


def test_fetch_prints_the_folder(fetched: Path, tmp_path: Path) -> None:
    assert fetched == tmp_path / "home" / "models" / NAME
    assert (fetched / "model.safetensors").is_file()


def test_fetch_again_says_so(fetched: Path, capsys: Output) -> None:
    assert main(["models", "fetch", HUB_ID]) == 0
    output = capsys.readouterr()
    assert output.out.strip() == str(fetched)
    assert "already installed" in output.err


@pytest.mark.usefixtures("stand_in")
def test_quiet_fetch_says_nothing(capsys: Output) -> None:
    assert main(["--quiet", "models", "fetch", HUB_ID]) == 0
    assert capsys.readouterr().err == ""


def test_info(fetched: Path, capsys: Output) -> None:
    assert main(["models", "info", NAME, "--json"]) == 0
    facts = _json(capsys)
    assert isinstance(facts, dict)
    assert facts["installed"] == str(fetched)
    assert facts["converted"] == ["int8"]
    assert len(facts["sha256"]["model.safetensors"]) == 64
    assert main(["models", "info", NAME]) == 0
    assert facts["revision"] in capsys.readouterr().out


@pytest.mark.usefixtures("stand_in")
def test_info_of_a_model_that_isnt_installed(capsys: Output) -> None:
    assert main(["models", "info", "opus-mt-tc-big-en-fr"]) == 0
    output = capsys.readouterr()
    assert "Tiedemann" in output.out
    assert "newstest2014 en-fr bleu 41.9" in output.out
    assert "mtpipe models fetch opus-mt-tc-big-en-fr" in output.err


@pytest.mark.usefixtures("fetched")
def test_check(capsys: Output) -> None:
    assert main(["models", "check", NAME]) == 0
    assert f"{SOURCE} -> {TARGET}" in capsys.readouterr().out


def test_check_of_a_damaged_model(fetched: Path, capsys: Output) -> None:
    (fetched / "vocab.json").write_text("{}")
    assert main(["models", "check", NAME, "--json"]) == 4
    output = capsys.readouterr()
    [result] = json.loads(output.out)
    assert not result["ok"]
    assert "vocab.json is damaged" in result["problem"]
    assert f"mtpipe models fetch {NAME} --force" in output.err


def test_convert(fetched: Path, capsys: Output) -> None:
    assert main(["models", "convert", NAME, "--quantization", "float32"]) == 0
    folder = Path(capsys.readouterr().out.strip())
    assert folder == fetched / "ctranslate2" / "float32"
    assert (folder / "model.bin").is_file()


def test_remove(fetched: Path, capsys: Output) -> None:
    assert main(["models", "remove", NAME, "--yes"]) == 0
    assert str(fetched) in capsys.readouterr().err
    assert not fetched.exists()


def test_remove_unasked(fetched: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["models", "remove", NAME]) == 2
    assert "--yes" in capsys.readouterr().err
    assert fetched.exists()


def test_prune(fetched: Path, capsys: Output) -> None:
    assert main(["models", "convert", NAME, "--quantization", "float32"]) == 0
    needed = Path(capsys.readouterr().out.strip())
    stale = shutil.copytree(needed, needed.with_name("float16"))
    (stale / "sha256.txt").write_text("of other weights\n")
    assert main(["models", "prune"]) == 0
    output = capsys.readouterr()
    assert output.out == f"{stale}\n"
    assert "conversions deleted: 1" in output.err
    assert needed.is_dir()
    assert main(["models", "prune"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["fetch", "opus-mt-de-em"], 4, "did you mean opus-mt-de-en?"),
        (["info", "opus-mt-de-em"], 4, "did you mean opus-mt-de-en?"),
        (["info", "/"], 4, "/ holds no model: it has no config.json"),
        (["convert", "opus-mt-de-en"], 4, "mtpipe models fetch opus-mt-de-en"),
        (["check", "opus-mt-de-en"], 4, "mtpipe models fetch opus-mt-de-en"),
        (["remove", "opus-mt-de-en", "--yes"], 4, "isn't installed"),
        (["fetch", "acme/unknown"], 4, "has no model acme/unknown"),
        (["fetch", HUB_ID, "--direction", "de-es"], 4, "unknown language 'es'"),
        (["fetch", HUB_ID, "--revision", "v9"], 4, "no revision v9"),
        (["convert", "starter", "--quantization", "int4"], 2, "int4"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
@pytest.mark.usefixtures("stand_in")
def test_errors(arguments: list[str], code: int, message: str, capsys: Output) -> None:
    assert main(["models", *arguments]) == code
    output = capsys.readouterr()
    assert message in output.err
    assert output.out == ""


def test_offline(tmp_path: Path) -> None:
    # In a process of its own: the client reads the variable when it is imported.
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    environment |= {"MTPIPE_HOME": str(tmp_path / "home"), "HF_HOME": str(tmp_path / "hf")}
    run = subprocess.run(
        [sys.executable, "-m", "mtpipe", "models", "fetch", "opus-mt-de-en"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 4
    assert "HF_HUB_OFFLINE forbids the network" in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout == ""


HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\x7f"


@pytest.mark.parametrize("command", [["list"], ["info"], ["list", "--json"], ["info", "--json"]])
def test_a_card_steers_no_terminal(fetched: Path, command: list[str], capsys: Output) -> None:
    card = fetched / "card.toml"
    text = card.read_text()
    for name in ("title", "licence", "origin", "revision"):
        text = re.sub(f"^{name} = .*$", "", text, flags=re.MULTILINE)
    quoted = json.dumps(HOSTILE).replace("\x7f", "\\u007f")
    fields = ("title", "licence", "origin", "revision", "training_data", "citation")
    more = "".join(f"{name} = {quoted}\n" for name in fields)
    card.write_text(
        f"{more}{text}\n[figures]\n{quoted} = {{ de-en = {{ {quoted} = {quoted} }} }}\n"
    )
    name = [NAME] if command[0] == "info" else []
    assert main(["models", command[0], *name, *command[1:]]) == 0
    output = capsys.readouterr()
    assert "evil" in output.out
    assert all(c.isprintable() or c == "\n" for c in output.out + output.err)
    if command[1:]:
        found = json.loads(output.out)
        row = found if isinstance(found, dict) else {r["name"]: r for r in found}[NAME]
        assert row["licence"] == HOSTILE


def test_an_output_steers_no_terminal(capsys: Output) -> None:
    sentence = "Das Wetter ist schön."
    print_check(ModelCheck("x\x1b[31m", None, None, {"de-en": (sentence, HOSTILE)}))
    out = capsys.readouterr().out
    assert f"de-en  {sentence} -> " in out
    assert all(c.isprintable() or c == "\n" for c in out)


@pytest.mark.parametrize(
    "smoke_test",
    ['"de-en" = 3', '"de-en" = []', '"de-en" = ["Ja.", 3]', '"de-en" = "Ja."', '"de-en" = [[]]'],
)
def test_a_smoke_test_that_is_none(fetched: Path, smoke_test: str, capsys: Output) -> None:
    card = fetched / "card.toml"
    card.write_text(f"{card.read_text()}\n[smoke_test]\n{smoke_test}\n")
    assert main(["models", "check", str(fetched)]) == 4
    assert "the smoke test of de-en isn't a sentence and words" in capsys.readouterr().err


def test_convert_tries_the_model_out(fetched: Path, capsys: Output) -> None:
    card = fetched / "card.toml"
    card.write_text(card.read_text() + f'\n[smoke_test]\n"de-en" = ["{SOURCE}", "house"]\n')
    assert main(["models", "convert", NAME, "--quantization", "float16"]) == 4
    output = capsys.readouterr()
    assert "has none of the words house" in output.err
    assert output.out == ""
    assert not (fetched / "ctranslate2" / "float16").exists()
