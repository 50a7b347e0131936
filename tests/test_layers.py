"""Imports point only downward, and the packages of layer 2 don't know each other."""

import ast
from pathlib import Path

import pytest

import mtpipe

PACKAGE = Path(__file__).parent.parent / "mtpipe"
LAYERS = {
    "types": 0,
    "errors": 0,
    "_optional": 0,
    "blas": 1,
    "cache": 1,
    "cells": 1,
    "config": 1,
    "compressed": 1,
    "files": 1,
    "lines": 1,
    "literals": 1,
    "memory": 1,
    "object_stores": 1,
    "pipes": 1,
    "records": 1.5,  # rests on files
    "storage": 1.5,  # likewise
    "tmx": 1.5,
    "ingest": 2,
    "sentences": 2,
    "typography": 2,
    "models": 2,
    "engines": 2,
    "encoders": 2,
    "alignment": 2,
    "scoring": 2,
    "archive": 2,
    "detection": 2,
    "lexicon": 1.5,
    "report": 2,
    "training": 2,
    "pipeline": 3,
    "results": 3.5,  # types of what the pipeline returns
    "web": 4,
    "scale": 4,  # on the public face as well
    "cli": 4.5,  # one of its commands starts the web
    "__main__": 5,
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(module: str) -> str:
    """``mtpipe.engines.base`` -> ``engines``."""
    return module.split(".")[1] if "." in module else ""


def imported(path: Path) -> set[str]:
    """Every module of mtpipe that a file imports, inside functions, too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they point"
            names.add(node.module or "")
            if node.module == "mtpipe":
                # A public name stands for the module that it is loaded from.
                names |= {
                    mtpipe._PUBLIC.get(alias.name, f"mtpipe.{alias.name}") for alias in node.names
                }
    return {name for name in names if name == "mtpipe" or name.startswith("mtpipe.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downward(path: Path) -> None:
    own = path.relative_to(PACKAGE).with_suffix("").parts[0]
    assert own in LAYERS, f"{own} has no layer yet"
    for name in imported(path):
        other = room(name)
        # mtpipe itself (the version) and a room's own modules are always allowed, and at the
        # very bottom there is one room.
        if other in ("", "__version__", own) or LAYERS[other] == LAYERS[own] == 0:
            continue
        assert LAYERS[other] < LAYERS[own], f"{own} (layer {LAYERS[own]}) imports {name}"


CLI_MAY_IMPORT = {
    "cache", "cells", "cli", "compressed", "config", "errors", "files", "lines", "models", "report", "results", "types",
}  # fmt: skip
"""Rooms that the command line may use beside the public names of the package."""


@pytest.mark.parametrize(
    "path", [path for path in MODULES if "cli" in path.parts], ids=lambda path: path.name
)
def test_the_command_line_goes_through_the_public_face(path: Path) -> None:
    names = {
        node.module or ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    }
    may = CLI_MAY_IMPORT | ({"web", "_optional"} if path.name == "serve.py" else set())
    # Only the names that mtpipe.scale shows, not its modules.
    if path.name.startswith("scale") and not any(n.startswith("mtpipe.scale.") for n in names):
        may = may | {"scale"}
    past = {name for name in names if name.startswith("mtpipe.") and room(name) not in may}
    assert not past, f"{path.name} goes past the public face: {sorted(past)}"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.is_relative_to(PACKAGE / "web")],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_the_web_goes_through_the_public_face(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in names if room(name) in ("pipeline", "cli")}
