"""What the room shows to the outside; each name is loaded on its first use."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from mtpipe import scale


@pytest.mark.parametrize("name", scale.__all__)
def test_a_name_comes_from_its_module(name: str) -> None:
    assert getattr(scale, name) is getattr(import_module(scale._PUBLIC[name]), name)
    assert name in dir(scale)


def test_the_lists_are_the_same() -> None:
    source = Path(str(scale.__file__)).read_text(encoding="utf-8")
    seen = {
        alias.name: node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module != "typing"
        for alias in node.names
        if alias.name != "import_module"
    }
    assert seen == scale._PUBLIC
    assert sorted(scale._PUBLIC) == sorted(scale.__all__)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = scale.nothing


def test_nothing_heavy_is_loaded_before_it_is_used() -> None:
    code = (
        "import sys, mtpipe.scale.running, mtpipe.scale.client\n"
        "heavy = {'ray', 'pyarrow', 'lancedb', 'ctranslate2'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.stderr.strip()
