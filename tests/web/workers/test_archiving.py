"""What is added is called what its owner calls it, so that it can be replaced and removed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mtpipe.types import Article
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.archiving import add
from mtpipe.web.workers.tools import Tools

TEXT = "Die Brücke im Norden der Stadt ist bis zum Frühjahr gesperrt."


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of all that comes to the archive."""
    ids: list[str] = []

    def take(items: Any, **_: Any) -> SimpleNamespace:
        ids.extend(item.id for item in items if isinstance(item, Article))
        return SimpleNamespace(added=1, replaced=0, skipped=0, sentences=1, failures=[])

    monkeypatch.setattr(Tools, "archive", lambda *_, **__: SimpleNamespace(add=take))
    return ids


@pytest.mark.parametrize(
    ("given", "kept"),
    [("n1", "n1"), ("x" * 500, "x" * 500), (" n1 ", " n1 "), ("n\n1", "n 1")],
    ids=["short", "long", "outer spaces", "a line break"],
)
def test_ids_that_were_given(tmp_path: Path, added: list[str], given: str, kept: str) -> None:
    tools = Tools(ServeSettings(home=tmp_path))
    for text in (TEXT, f"{TEXT} Sie ist alt."):
        add(tools, {"sources": [{"text": text, "id": given}]}, lambda *_: None)
    assert added == [kept, kept]


@pytest.mark.parametrize("more", [{}, {"id": " "}, {"name": "a.txt"}], ids=str)
def test_names_that_were_made_up(tmp_path: Path, added: list[str], more: dict[str, str]) -> None:
    tools = Tools(ServeSettings(home=tmp_path))
    for text in (TEXT, f"{TEXT} Sie ist alt."):
        source = cast("dict[str, Any]", {"data": text.encode(), **more})
        add(tools, {"sources": [source]}, lambda *_: None)
    assert len(set(added)) == 2
    assert all("@" in each for each in added)
