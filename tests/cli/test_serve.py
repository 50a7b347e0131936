"""``mtpipe serve``: its options and keys; the server itself is tested with the web."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from mtpipe.web import server
from mtpipe.web.settings import ServeSettings
from tests.cli.conftest import Run


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[ServeSettings]:
    """Settings of the servers that were begun; none runs."""
    monkeypatch.chdir(tmp_path)
    found: list[ServeSettings] = []

    def run(settings: ServeSettings, *, tell: object) -> None:
        found.append(settings)

    monkeypatch.setattr(server, "run", run)
    return found


OPTIONS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "none": ([], {}),
    "where": (
        ["--host", "::1", "--port", "0", "--root-path", "/mt"],
        {"host": "::1", "port": 0, "root_path": "/mt"},
    ),
    "how": (
        ["--workers", "2", "--threads", "3", "--model", "starter"],
        {"workers": 2, "threads": 3, "model": "starter"},
    ),
    "for whom": (["--host", "0.0.0.0", "--keys"], {"host": "0.0.0.0", "needs_keys": True}),
    "for all": (["--open"], {"is_open": True}),
    "of what": (
        ["--archive", "originals", "--allow-fetch", "--home", "here"],
        {"archive": "originals", "allow_fetch": True, "home": Path("here")},
    ),
}


@pytest.mark.parametrize(("options", "expected"), OPTIONS.values(), ids=OPTIONS)
def test_options_become_settings(
    run: Run, begun: list[ServeSettings], options: list[str], expected: dict[str, Any]
) -> None:
    assert run("serve", *options) == (0, b"", "")
    assert begun == [ServeSettings(**expected)]


def test_an_option_that_is_not_given_leaves_it_to_the_environment(
    run: Run, begun: list[ServeSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTPIPE_SERVE_KEYS", "1")
    monkeypatch.setenv("MTPIPE_SERVE_ALLOW_FETCH", "1")
    monkeypatch.setenv("MTPIPE_SERVE_PORT", "1")
    assert run("serve", "--port", "2")[0] == 0
    assert (begun[0].needs_keys, begun[0].allow_fetch, begun[0].port) == (True, True, 2)


WRONG: dict[str, tuple[list[str], int, str]] = {
    "two wishes": (["--new-key", "a", "--list-keys"], 2, "exclude each other"),
    "scope of nothing": (["--scope", "detect"], 2, "go with --new-key"),
    "limit of nothing": (["--characters-per-day", "9"], 2, "go with --new-key"),
    "scope that isn't one": (["--new-key", "a", "--scope", "x"], 2, "there is no scope 'x'"),
    "keys for everybody": (["--keys", "--open"], 4, "--open and --keys exclude each other"),
    "port that isn't one": (["--port", "65536"], 2, "65535"),
    "no such key": (["--revoke-key", "a"], 3, "mtpipe serve --list-keys"),
    "no name": (["--new-key", ""], 3, "a key's name"),
}


@pytest.mark.parametrize(("options", "code", "message"), WRONG.values(), ids=WRONG)
def test_wrong_use(
    run: Run, begun: list[ServeSettings], options: list[str], code: int, message: str
) -> None:
    found, out, err = run("serve", "--home", "h", *options)
    assert (found, out) == (code, b"")
    assert message in err
    assert begun == []


def test_a_key_from_its_making_to_its_end(run: Run, begun: list[ServeSettings]) -> None:
    code, out, err = run(
        "serve", "--home", "h", "--new-key", "news room", "--scope", "detect", "--scope", "jobs",
        "--requests-per-minute", "7",
    )  # fmt: skip
    key = out.decode().strip()
    assert code == 0
    assert re.fullmatch(r"mtp_[\w-]{43}", key)
    assert "shown once" in err
    assert key not in err
    code, out, _ = run("serve", "--home", "h", "--list-keys")
    assert code == 0
    assert re.fullmatch(
        r"news room  [0-9a-f]{8}  detect jobs, made \S+, never used, 7 requests a minute\n",
        out.decode(),
    )
    code, out, err = run("serve", "--home", "h", "--new-key", "news room")
    assert (code, out) == (3, b"")
    assert "there is a key named" in err
    assert run("serve", "--home", "h", "--revoke-key", "news room")[0] == 0
    assert run("serve", "--home", "h", "--list-keys") == (0, b"", "")
    assert all(key.encode() not in path.read_bytes() for path in Path("h").iterdir())
    assert begun == []


def test_without_the_extra_there_is_the_line_that_installs_it(
    run: Run, begun: list[ServeSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    code, _, err = run("serve")
    assert code == 4
    assert "pip install 'mtpipe[web]'" in err
