"""Nothing heavy on the way to ``--help``, and no torch on the way to a translation."""

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "transformers",
    "ctranslate2",
    "lancedb",
    "ray",
    "pyarrow",
    "sacrebleu",
    "huggingface_hub",
    "numpy",
    "sentencepiece",
    "trafilatura",
    "matplotlib",
    "fastapi",
    "uvicorn",
)


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('MODULES', *sys.modules)"  # help texts name some, too
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.rpartition("MODULES")[2].split())


COMMANDS = (
    "--help",
    "translate --help",
    "align --help",
    "detect --help",
    "archive add --help",
    "scale --help",
    "scale translate --help",
    "scale detect --help",
    "scale index --help",
    "score --help",
    "serve --help",
    "bench run --help",
    "train --help",
    "models --help",
    "models list",
)


def test_the_package_loads_nothing_heavy() -> None:
    assert not modules_after("import mtpipe, mtpipe.cli") & set(HEAVY)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_loads_nothing_heavy(command: str) -> None:
    code = f"from mtpipe.cli import main; assert main({command.split()}) == 0"
    assert not modules_after(code) & set(HEAVY)


def test_translating_needs_no_torch(starter: object) -> None:
    code = """
import io, sys
from mtpipe.models.cards import find_installed
from mtpipe.types.choices import Quantization
from mtpipe.models.convert import converted
converted(find_installed("starter"), Quantization.INT8)
for name in [n for n in sys.modules if n.split(".")[0] in ("torch", "transformers")]:
    del sys.modules[name]  # ctranslate2 looks for torch while converting, if there is one
from mtpipe.cli import main
sys.stdin = io.TextIOWrapper(io.BytesIO(b"Guten Morgen.\\n"))
assert main(["translate", "--lines", "--from", "de", "--to", "en"]) == 0
"""
    assert not modules_after(code) & {"torch", "transformers"}
