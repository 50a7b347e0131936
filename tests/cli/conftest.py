"""The command line, run in this process."""

import io
import json
import sys
from pathlib import Path

import pytest

from mtpipe.cli import main


class Run:
    """One call of the command line with bytes on standard input."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capture = capfdbinary

    def __call__(self, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(list(arguments))
        out, err = self._capture.readouterr()
        return code, out, err.decode()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    return Run(monkeypatch, capfdbinary)


def pairs_in(path: Path, count: int) -> str:
    """A file of so many pairs of articles, as ``detect --pairs`` takes them."""
    rows = (
        {"id": f"n{number}",
         "original": {"language": "fr", "text": [f"Le pont {number} est ouvert.", "Il est cher."]},
         "candidate": {"language": "de", "text": [f"Die Brücke {number} ist offen.", "Teuer."]}}
        for number in range(count)
    )  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)
