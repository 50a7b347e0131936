"""The README's commands work, and every command is documented."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from mtpipe.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> dict[str, str]:
    """Help text of every command by its full name."""
    found: dict[str, str] = {}

    def walk(command: object, name: str) -> None:
        if children := getattr(command, "commands", None):
            for child, value in children.items():
                walk(value, f"{name} {child}".strip())
        else:
            found[name] = getattr(command, "help", None) or ""

    walk(typer.main.get_command(app), "")
    return found


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_help_with_examples_and_is_in_the_readme(name: str) -> None:
    text = commands()[name]
    assert len(text.splitlines()[0]) > 10
    assert "Example" in text
    assert f"mtpipe {name}" in text
    assert f"mtpipe {name.removesuffix(' run')}" in README  # run is what `bench` does by itself


@pytest.mark.parametrize(("language", "code"), BLOCKS, ids=range(len(BLOCKS)))
def test_the_readme_runs(language: str, code: str, tmp_path: Path, home: Path) -> None:
    # In a copy of the demo data, with the commands of this very environment.
    shutil.copytree(ROOT / "data" / "demo", tmp_path / "data" / "demo")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    program = ["bash", "-euo", "pipefail", "-c"] if language == "sh" else [sys.executable, "-c"]
    done = subprocess.run(
        [*program, code],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "MTPIPE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_readme_has_blocks_to_run() -> None:
    assert {language for language, _ in BLOCKS} == {"sh", "python"}


def test_links_in_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
