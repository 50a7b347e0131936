import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtpipe.cli import main
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
    assert main(["models", "convert", NAME, "--variant", "float32"]) == 0
    folder = Path(capsys.readouterr().out.strip())
    assert folder == fetched / "ctranslate2" / "float32"
    assert (folder / "model.bin").is_file()


def test_rm(fetched: Path, capsys: Output) -> None:
    assert main(["models", "rm", NAME, "--yes"]) == 0
    assert str(fetched) in capsys.readouterr().err
    assert not fetched.exists()


def test_rm_unasked(fetched: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["models", "rm", NAME]) == 2
    assert "--yes" in capsys.readouterr().err
    assert fetched.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["fetch", "opus-mt-de-em"], 4, "did you mean opus-mt-de-en?"),
        (["info", "opus-mt-de-em"], 4, "did you mean opus-mt-de-en?"),
        (["convert", "opus-mt-de-en"], 4, "mtpipe models fetch opus-mt-de-en"),
        (["check", "opus-mt-de-en"], 4, "mtpipe models fetch opus-mt-de-en"),
        (["rm", "opus-mt-de-en", "--yes"], 4, "isn't installed"),
        (["fetch", "acme/unknown"], 4, "has no model acme/unknown"),
        (["fetch", HUB_ID, "--direction", "de-es"], 4, "unknown language 'es'"),
        (["fetch", HUB_ID, "--revision", "v9"], 4, "no revision v9"),
        (["convert", "starter", "--variant", "int4"], 2, "int4"),
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
