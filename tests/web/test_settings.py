"""Settings of the server: where they come from, and what isn't taken for one."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mtpipe.errors import ConfigError
from mtpipe.web.settings import ServeSettings, serve_settings


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for one in fields(ServeSettings):
        name = {"is_open": "open", "needs_keys": "keys"}.get(one.name, one.name)
        monkeypatch.delenv(f"MTPIPE_SERVE_{name.upper()}", raising=False)


def test_by_default_only_this_machine_is_served(home: Path) -> None:
    settings = serve_settings()
    assert settings == ServeSettings()
    assert (settings.host, settings.port, settings.allow_fetch) == ("127.0.0.1", 8000, False)
    assert (settings.is_open, settings.needs_keys) == (False, False)
    assert settings.home == home / "serve"


def test_an_option_goes_before_the_environment_and_that_before_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("mtpipe.toml").write_text(
        '[serve]\nport = 1\nworkers = 2\nthreads = 3\nhost = "::1"\ntrusted-hosts = ["a", "b"]\n'
        'keys = true\njob-gb = 2\nhome = "~/x"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("MTPIPE_SERVE_PORT", "10")
    monkeypatch.setenv("MTPIPE_SERVE_WORKERS", "20")
    settings = serve_settings(port=100, model=None)
    assert (settings.port, settings.workers, settings.threads) == (100, 20, 3)
    assert (settings.host, settings.trusted_hosts) == ("::1", ("a", "b"))
    assert settings.needs_keys
    assert (settings.job_gb, type(settings.job_gb)) == (2.0, float)
    assert settings.home == Path.home() / "x"


VARIABLES: dict[str, tuple[str, str, Any]] = {
    "text": ("ARCHIVE", "s3://b/a", "s3://b/a"),
    "yes": ("OPEN", "1", True),
    "no": ("KEYS", "0", False),
    "number": ("REQUESTS_PER_MINUTE", "7", 7),
    "fraction": ("BATCH_WINDOW_MS", "2.5", 2.5),
    "list": ("TRUSTED_HOSTS", "a.org, b.org", ("a.org", "b.org")),
    "folder": ("HOME", "/x", Path("/x")),
    "any port": ("PORT", "0", 0),
}


@pytest.mark.parametrize(("name", "text", "expected"), VARIABLES.values(), ids=VARIABLES)
def test_variables(monkeypatch: pytest.MonkeyPatch, name: str, text: str, expected: Any) -> None:
    monkeypatch.setenv(f"MTPIPE_SERVE_{name}", text)
    field = {"OPEN": "is_open", "KEYS": "needs_keys"}.get(name, name.lower())
    assert getattr(serve_settings(), field) == expected


BAD_VARIABLES = {
    "no number": ("PORT", "80a", "not a whole number"),
    "negative": ("PORT", "-1", "not a whole number"),
    "too large": ("PORT", "65536", "0 to 65535"),
    "no worker": ("WORKERS", "0", "1 to 256"),
    "nothing": ("QUEUE_LIMIT", "0", "more than 0"),
    "no answer": ("OPEN", "yes", "neither 0 nor 1"),
    "no fraction": ("JOB_GB", "1e9", "not a number"),
}


@pytest.mark.parametrize(("name", "text", "message"), BAD_VARIABLES.values(), ids=BAD_VARIABLES)
def test_bad_variables(monkeypatch: pytest.MonkeyPatch, name: str, text: str, message: str) -> None:
    monkeypatch.setenv(f"MTPIPE_SERVE_{name}", text)
    with pytest.raises(ConfigError, match=f"MTPIPE_SERVE_{name} is .*{message}"):
        serve_settings()


BAD_LINES = {
    "unknown": ("ports = 1", "no setting ports"),
    "no number": ('port = "1"', "port isn't a whole number"),
    "a truth for a number": ("port = true", "port isn't a whole number"),
    "no text": ("host = 1", "host isn't text"),
    "no list": ('trusted-hosts = "a"', "trusted-hosts isn't a list"),
    "no texts": ("trusted-hosts = [1]", "trusted-hosts isn't a list"),
    "no truth": ("open = 1", "open isn't true or false"),
    "no path": ("home = 1", "home isn't the path"),
    "out of bounds": ("workers = 257", "1 to 256"),
    "field's own name": ("is-open = true", "no setting is-open"),
}


@pytest.mark.parametrize(("line", "message"), BAD_LINES.values(), ids=BAD_LINES)
def test_bad_files(line: str, message: str) -> None:
    Path("mtpipe.toml").write_text(f"[serve]\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        serve_settings()


def test_open_with_keys_is_a_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTPIPE_SERVE_KEYS", "1")
    with pytest.raises(ConfigError, match="exclude each other"):
        serve_settings(is_open=True)


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("", ""),
        ("/", ""),
        ("mtpipe", "/mtpipe"),
        ("/mtpipe", "/mtpipe"),
        ("/mtpipe/", "/mtpipe"),
        ("a/b.c/", "/a/b.c"),
    ],
)
def test_the_root_has_one_form(monkeypatch: pytest.MonkeyPatch, given: str, root: str) -> None:
    assert serve_settings(root_path=given).root_path == root
    Path("mtpipe.toml").write_text(f'[serve]\nroot-path = "{given}"\n', encoding="utf-8")
    assert serve_settings().root_path == root
    monkeypatch.setenv("MTPIPE_SERVE_ROOT_PATH", given)
    assert serve_settings().root_path == root


@pytest.mark.parametrize(
    "given",
    ["//", "//a", "/a//b", "/a//", "/a?b", "/a#b", "/a b", "/a\n", "/a\\b", "/a;b", "/ü", "/..",
     "/a/./b"],
)  # fmt: skip
def test_what_is_no_root(given: str) -> None:
    with pytest.raises(ConfigError, match=r"--root-path is .*such as /mtpipe"):
        serve_settings(root_path=given)
