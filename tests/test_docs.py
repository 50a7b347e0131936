"""The code in README and documentation runs, and both say what there is."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from mtpipe.cli import app
from mtpipe.models import hub
from tests.test_public_api import TEN

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
}
GENERATED = "docs/cli.md"
WRITTEN = "".join(text for name, text in PAGES.items() if name != GENERATED)


def blocks(language: str) -> dict[str, list[str]]:
    """Code of each page that has any in this language; what can't be run here is ``console``."""
    found = {
        name: re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
        for name, text in PAGES.items()
    }
    return {name: codes for name, codes in found.items() if codes}


COMMANDS, EXAMPLES = blocks("sh"), blocks("python")


def commands() -> dict[str, str]:
    """Help text of every command by its full name."""
    found: dict[str, str] = {}

    def walk(command: object, name: str) -> None:
        if children := getattr(command, "commands", None):
            for child, value in children.items():
                if not value.hidden:
                    walk(value, f"{name} {child}".strip())
        else:
            found[name] = getattr(command, "help", None) or ""

    walk(typer.main.get_command(app), "")
    return found


def public_names(code: str) -> set[str]:
    """What an example takes from the package itself."""
    names = set(re.findall(r"\bmtpipe\.([A-Za-z_]\w*)", code))
    for imported in re.findall(r"^from mtpipe import (.*)$", code, flags=re.MULTILINE):
        names |= set(imported.split(", "))
    return names - {"types"}


def links(text: str) -> Iterator[str]:
    """Where a page's links and pictures lead, outside of its code."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"\]\(([^)]+)\)", prose)


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the demo data, which is the current one."""
    shutil.copytree(ROOT / "data" / "demo", tmp_path / "data" / "demo")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing is fetched
    return tmp_path


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_help_with_examples_and_a_page(name: str) -> None:
    text = commands()[name]
    assert len(text.splitlines()[0]) > 10
    assert "Example" in text
    assert f"mtpipe {name}" in text
    assert f"mtpipe {name.removesuffix(' run')}" in WRITTEN  # run is what `bench` does by itself


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", COMMANDS)
def test_the_commands_of_a_page_run(page: str, demo: Path) -> None:
    # One after the other in one folder, with the commands of this very environment.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for code in COMMANDS[page]:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            cwd=demo,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"{code}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize("page", EXAMPLES)
def test_the_python_of_a_page_runs(
    page: str,
    demo: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "PAUSES_S", ())
    for number, code in enumerate(EXAMPLES[page]):
        exec(compile(code, f"{page}, example {number}", "exec"), {"__name__": "__main__"})
        assert capsys.readouterr().out.strip(), code


def test_there_is_code_to_run() -> None:
    assert {"README.md", "docs/detect.md", "docs/translate.md"} <= COMMANDS.keys() & EXAMPLES.keys()


def test_the_reference_of_the_command_line_is_what_help_says() -> None:
    spec = importlib.util.spec_from_file_location("cli_reference", DOCS / "cli_reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert PAGES[GENERATED] == module.page(), "run python docs/cli_reference.py"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in links(PAGES[page]):
        address, _, anchor = target.partition("#")
        if address.startswith(("http:", "https:")):
            continue
        path = (ROOT / page).parent / address if address else ROOT / page
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\s-]", "", heading).lower().strip() for heading in headings}
            assert anchor in {re.sub(r"\s+", "-", heading) for heading in anchors}, target


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    for path in DOCS.rglob("*.md"):
        assert f" {path.relative_to(DOCS)}\n" in navigation


def test_every_job_is_shown_in_an_example() -> None:
    shown = {name for codes in EXAMPLES.values() for code in codes for name in public_names(code)}
    assert shown >= TEN - {"train"}  # takes long; that of its docstring runs
    assert "mtpipe.train(" in WRITTEN
