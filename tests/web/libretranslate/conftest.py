"""LibreTranslate's API over workers that translate into capitals and read pages really."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mtpipe.web.libretranslate.files import file_text
from mtpipe.web.libretranslate.html import cut_html
from tests.web.fakes import FakePool

DIRECTIONS = ("de-en", "en-de", "fr-en", "en-fr", "de-fr", "fr-de")


def in_capitals(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Runs with markup, every word where it was."""
    return [
        {
            "text": block["text"].upper(),
            "segments": [(0, len(block["text"]), 0, len(block["text"]))],
            "places": block["spans"],
        }
        for block in arguments["blocks"]
    ]


@pytest.fixture
def pool() -> FakePool:
    return FakePool(
        {
            "models": {"directions": [{"direction": way} for way in DIRECTIONS]},
            "html_cut": lambda arguments: cut_html(None, arguments, None),  # type: ignore[arg-type]
            "file_text": lambda arguments: file_text(None, arguments, None),  # type: ignore[arg-type]
            "html_blocks": in_capitals,
        }
    )


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server as people start it, with the model that ships."""
    home = tmp_path_factory.mktemp("serve")
    command = [sys.executable, "-m", "mtpipe", "serve", "--port", "0", "--threads", "2"]
    with subprocess.Popen(
        [*command, "--home", str(home)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"MTPIPE_SERVE_REQUEST_SECONDS": "240"},  # on busy machines
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stderr
        timer = threading.Timer(120, process.kill)
        timer.start()
        told = ""
        while not (found := re.search(r"http://[\w.]+:\d+/", told)):
            line = process.stderr.readline()
            assert line, told
            told += line
        timer.cancel()
        rest = threading.Thread(target=process.stderr.read)
        rest.start()  # a full pipe would stop the server
        yield found[0]
        process.terminate()
        process.wait(30)
        rest.join()
