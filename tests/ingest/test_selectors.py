import time

import lxml.html
import pytest

from mtpipe.errors import ConfigError
from mtpipe.ingest.selectors import Selector

PAGE = """
<body id="top"><nav class="main menu"><a id="a1" rel="next" href="/x.pdf">1</a></nav>
<article lang="de-AT"><p id="p1" class="lead">2</p>
<div class="teaser big"><p id="p2">3</p><ul><li id="l1">4</li></ul></div></article>
<p id="p3" data-kind="teaser box">5</p></body>
"""


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("p", "p1 p2 p3"),
        ("P", "p1 p2 p3"),
        (".lead", "p1"),
        ("p.lead", "p1"),
        ("div.lead", ""),
        ("#p2", "p2"),
        ("article p", "p1 p2"),
        ("article > p", "p1"),
        ("article>p", "p1"),
        ("article   div > p", "p2"),
        ("body > p", "p3"),
        ("div p, nav a", "a1 p2"),
        (".big.teaser li", "l1"),
        ("article * li", "l1"),
        ("div > div > p", ""),
        ("body body p", ""),
        ("[rel]", "a1"),
        ("[rel=next]", "a1"),
        ("a[href$='.pdf']", "a1"),
        ('[data-kind~="box"]', "p3"),
        ("[data-kind^=tea]", "p3"),
        ("[data-kind*='r b']", "p3"),
        ("[data-kind*='']", ""),
        ("[lang|=de] > .lead", "p1"),
        (" p.lead ", "p1"),
    ],
)
def test_what_is_selected(selector: str, expected: str) -> None:
    tree = lxml.html.document_fromstring(PAGE)
    found = Selector(selector).found_in(list(tree.iter("*")))
    ids = sorted(element.get("id") for element in found if element.get("id") != "top")
    assert ids == expected.split()


@pytest.mark.parametrize(
    "selector",
    ["", " ", "p:first-child", "p ~ p", "p + p", "p,", ",p", "> p", "p >", "..a", "#", "a[", "a[b=]",
     "p { }", "a/b", "p p" * 40, "é!"],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(selector: str) -> None:
    with pytest.raises(ConfigError, match="no selector that can be used") as caught:
        Selector(selector)
    assert caught.value.hint


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<p class=a>x</p>" * 40_000, id="flat"),
        pytest.param(("<div class=a>" * 200 + "</div>" * 200) * 200, id="deep"),
    ],
)
def test_the_time_grows_with_the_page(page: str) -> None:
    tree = lxml.html.document_fromstring(page)
    elements = list(tree.iter("*"))
    started = time.process_time()
    for selector in (".a .a .a .a", ".a > .a, p p", "[class*=a] p"):
        Selector(selector).found_in(elements)
    assert time.process_time() - started < 5
