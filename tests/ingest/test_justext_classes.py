import random
import time
from types import SimpleNamespace

from justext import core

from mtpipe.ingest.html import read_html
from mtpipe.ingest.justext_classes import make_linear, revised

PROSE = "The bridge in the north of the town will stay open all night long, the council said. "


def test_classes_are_those_of_justext():
    chance = random.Random(1)
    for _ in range(3_000):
        kinds = chance.choices(("good", "bad", "short", "neargood"), k=chance.randrange(12))
        paragraphs = [SimpleNamespace(cf_class=kind, heading=False) for kind in kinds]
        core.revise_paragraph_classification(paragraphs, 150)
        assert revised(kinds) == [paragraph.class_type for paragraph in paragraphs], kinds


def test_trafilatura_uses_them():
    from trafilatura import external

    make_linear()
    make_linear()
    assert external.revise_paragraph_classification.__module__ == "mtpipe.ingest.justext_classes"
    paragraphs = [
        SimpleNamespace(cf_class=kind, class_type="", heading=heading, text="x")
        for kind, heading in [("short", True), ("good", False), ("short", False)]
    ]
    external.revise_paragraph_classification(paragraphs, 150)
    assert [paragraph.class_type for paragraph in paragraphs] == ["good", "good", "bad"]


def test_many_short_items_take_no_square():
    page = f"<article><p>{PROSE}</p></article>" + "<li>a b" * 4_000
    started = time.process_time()
    read_html(page)
    assert (
        time.process_time() - started < 8
    )  # it was a dozen, and four times that for twice as many
