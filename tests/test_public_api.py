"""What the package shows to the outside is what it means to show."""

import ast
import doctest
import inspect
import re
import textwrap
from importlib import import_module
from pathlib import Path

import pytest

import mtpipe
from mtpipe import errors, types

TEN = {
    "Archive",
    "Detector",
    "Translator",
    "align",
    "bench",
    "fetch_model",
    "read_articles",
    "score",
    "train",
    "translate",
}
"""The jobs, one name each."""


def test_all_is_complete() -> None:
    # ruff keeps it sorted (RUF022).
    for module in (mtpipe, errors, types):
        names = list(module.__all__)
        assert len(names) == len(set(names))
        assert all(hasattr(module, name) for name in names)


def test_all_holds_every_name_that_is_loaded_on_first_use() -> None:
    assert set(mtpipe._PUBLIC) <= set(mtpipe.__all__)
    assert set(mtpipe._PUBLIC) <= set(dir(mtpipe))


def test_type_checkers_see_every_name_that_is_loaded_on_first_use() -> None:
    source = Path(mtpipe.__file__).read_text(encoding="utf-8")
    seen = {
        alias.name: node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {name: seen.get(name) for name in mtpipe._PUBLIC} == mtpipe._PUBLIC


def test_the_jobs_are_public() -> None:
    assert set(mtpipe._PUBLIC) >= TEN


@pytest.mark.parametrize("name", sorted(mtpipe._PUBLIC))
def test_a_public_name_comes_from_its_module_and_is_documented(name: str) -> None:
    value = getattr(mtpipe, name)
    assert value is getattr(import_module(mtpipe._PUBLIC[name]), name)
    assert len((inspect.getdoc(value) or "").splitlines()[0]) > 10


@pytest.mark.parametrize("name", sorted(TEN))
def test_the_docstring_of_a_job_has_an_example_and_speaks_of_threads(name: str) -> None:
    text = inspect.getdoc(getattr(mtpipe, name)) or ""
    assert re.search(rf"\b{name}\(", text)
    assert "thread" in text


def example_in(text: str) -> str:
    """The first literal block of a docstring; empty if it has none."""
    found = re.search(r"::\n\n((?:(?: {4}.*)?\n)+)", f"{text}\n")
    return textwrap.dedent(found[1]) if found else ""


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(mtpipe._PUBLIC))
def test_the_example_in_a_docstring_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    value = getattr(mtpipe, name)
    text = inspect.getdoc(value) or ""
    sessions = doctest.DocTestFinder(recurse=False).find(value, name, globs={})
    if any(session.examples for session in sessions):
        for session in sessions:
            assert doctest.DocTestRunner().run(session).failed == 0
    elif code := example_in(text):
        exec(compile(code, name, "exec"), {"__name__": "__main__"})
    elif name in TEN:
        pytest.fail("there is no example")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mtpipe.nothing


def test_every_error_is_exported_and_has_an_exit_code() -> None:
    raised = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert raised <= set(errors.__all__)
    for name in raised - {"MtpipeError"}:
        assert getattr(errors, name).exit_code in (3, 4, 5, 7)
        assert name in (errors.__doc__ or "")
