"""Pages translated with the model that ships: words change, and nothing else."""

from pathlib import Path

import pytest

from mtpipe.errors import UnsupportedDirection
from mtpipe.web.libretranslate.html import as_piece, as_rendering, cut_html, translate_blocks
from mtpipe.web.libretranslate.placing import written
from mtpipe.web.libretranslate.runs import Run
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.messages import packed, unpacked
from mtpipe.web.workers.tools import Tools


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    return Tools(ServeSettings(home=tmp_path_factory.mktemp("serve"), model="starter", threads=2))


def quiet(*_: object) -> None:
    """No progress."""


def test_pieces_are_plain_data(tools: Tools) -> None:
    pages = ["<p>Ein <b>Tag</b> mit <code>x</code>.</p>", "Zwei"]
    answer = cut_html(tools, {"pages": pages}, quiet)
    [first, second] = unpacked(packed(answer))
    assert [as_piece(piece) if isinstance(piece, str) else "run" for piece in first] == [
        "<p>",
        "run",
        "</p>",
    ]
    assert as_piece(second[0]) == Run("Zwei")


def test_markup_finds_its_words(tools: Tools) -> None:
    page = 'Die <b>Brücke</b> wurde am <a href="/x">Montag</a> eröffnet.'
    [[piece]] = cut_html(tools, {"pages": [page]}, quiet)
    run = as_piece(piece)
    assert isinstance(run, Run)
    spans = [(node.start, node.end, number) for number, node in enumerate(run.nodes)]
    arguments = {"source": "de", "target": "en", "blocks": [{"text": run.text, "spans": spans}]}
    [answer] = unpacked(packed(translate_blocks(tools, arguments, quiet)))
    html = written(run, as_rendering(answer))
    assert "<b>bridge</b>" in html
    assert '<a href="/x">Monday</a>' in html
    assert "was" in html
    for start, end, begins, ends in answer["segments"]:
        assert run.text[start:end]
        assert answer["text"][begins:ends]


def test_a_direction_that_nobody_translates(tools: Tools) -> None:
    with pytest.raises(UnsupportedDirection):
        translate_blocks(tools, {"source": "es", "target": "en", "blocks": []}, quiet)


def test_an_element_over_two_sentences_is_one() -> None:
    rendering = as_rendering(
        {"text": "One. Two.", "segments": [], "places": [(0, 4, 0), (5, 9, 0), (5, 8, 1)]}
    )
    assert rendering.places == {0: (0, 9), 1: (5, 8)}


def test_nothing_of_the_server_is_loaded_by_workers() -> None:
    source = Path(__file__).parents[3] / "mtpipe" / "web" / "libretranslate"
    for name in ("html", "elements", "runs", "tokens", "placing", "files"):
        assert "fastapi" not in (source / f"{name}.py").read_text()
