"""Pages that take one thing to its extreme: as many links, brackets or lines as fit into some megabytes.

Each shape is what once cost minutes or gigabytes somewhere, or might: in lxml, in trafilatura, in
regular expressions. Their sizes are just below what is read in a process of its own, above it, and
near the longest page that is read at all. :mod:`fuzz` reads them all.
"""

import base64
import json
import random
import re
from collections.abc import Callable, Iterator

__all__ = ["SHAPES", "SIZES", "extreme_pages"]

SIZES = (290_000, 1_500_000, 8_000_000)
"""Bytes of each shape's pages, about."""
ELEMENTS = 49_000
"""Of another page of the shapes that are one piece many times: nearly as many as are read at all."""

PROSE = "The bridge in the north of the town will stay open all night long, the council said. "
ARTICLE = f"<article><h1>Bridge stays open</h1>{f'<p>{PROSE * 3}</p>' * 4}</article>"
HEAD = "<!doctype html><html lang=en><head><title>Bridge</title></head><body>"

_REPEATED = {
    # Many of one thing, one beside the other.
    "paragraphs": f"<p>{PROSE}",
    "short paragraphs": "<p>a.</p>",
    "open paragraphs": "<p>",
    "divs": "<div>A b c d e.</div>",
    "open divs": "<div>x",
    "items": "<li>a b",
    "headings": "<h1>a b</h1>",
    "subheadings": f"<h2>a b</h2><p>{PROSE}</p>",
    "bold": "<b>a</b> ",
    "open bold": "<b>a",
    "spans": "<span>a b. </span>",
    "emphasis in prose": f"<p>{PROSE}<em>a</em> <strong>b</strong> {PROSE}</p>",
    "links": "<a href=/x>y</a>",
    "links in prose": f"<p>{PROSE}<a href=/x>y</a> {PROSE}</p>",
    "open links": "<a href=x>",
    "breaks": "<br>",
    "lines": "A line of a poem<br>",
    "rules": "<hr>",
    "images": "<img src=x alt='a b c'>",
    "quotations": "<q>a b</q> ",
    "block quotations": f"<blockquote>{PROSE}</blockquote>",
    "deleted": "<del>a b</del> c ",
    "comments": "<!-- a b c -->x ",
    "processing instructions": "<?php echo 1 ?>x ",
    "CDATA": "<![CDATA[ a b ]]> ",
    "entities": "&eacute;&amp;&#228;&lt;",
    "broken entities": "&#xffffff;&foo&#0;",
    "scripts": "<script>var a = '<p>b</p>';</script>",
    "styles": "<style>p { color: red }</style>",
    "noscript": "<noscript><p>a b c</p></noscript>",
    "drawings": "<svg><path d='M0 0 L1 1'/><text>a</text></svg>",
    "formulas": "<math><mi>x</mi><mo>=</mo><mn>1</mn></math>",
    "frames": "<iframe src=x>a</iframe>",
    "forms": "<form><input name=a><button>b</button></form>",
    "options": "<select><option>a<option>b</select>",
    "figures": "<figure><img src=x><figcaption>A b c.</figcaption></figure>",
    "times": "<time>2025-03-04</time> ",
    "labels for screen readers": "<p>A <span class=sr-only>b</span> c.</p>",
    "tables": "<table><tr><td>a</table>",
    "cells": "<td>a</td>",
    "definitions": "<dl><dt>a<dd>b c d.</dl>",
    "sections": "<section><h2>a b</h2><p>a b c.</p></section>",
    "articles": f"<article><p>{PROSE}</p></article>",
    "asides": "<aside class=related><a href=x>Read on</a></aside>",
    "closing tags": "</div></p></b>",
    "unknown elements": "<x-y>a b </x-y>",
    "stray brackets": "a < b > c << ",
    "code": "<pre>  a = 1\n\n\n</pre>",
    "line feeds": "\n",
    "spaces": "\u00a0 \u200b",
    "marks": "a\u0301\u0323",
    "letters with bases": "<ruby>a<rt>b</rt></ruby>",
    "ARIA": "<div role=navigation aria-label=menu><p>a</p></div>",
    "previous": "<p>PREV | NEXT</p>",
    "dates": "<p>4. März 2025, 10:20 Uhr</p>",
    "notices": "<p>© 2025 by all rights reserved</p>",
    "byline": "<p class=author>Von A. B.</p>",
}
"""Name of each shape that is one piece many times, and the piece."""

_NESTED = {
    "divs": "div",
    "lists": "ul><li",
    "tables": "table><tr><td",
    "bold": "b",
    "spans": "span",
    "quotations": "blockquote",
    "sections": "section",
    "fonts": "font",
    "unknown elements": "x-y",
    "navigation": "nav",
    "definitions": "dl><dd",
    "deleted": "del",
}


def _nested(tags: str, size: int) -> str:
    """Deeper and deeper, with text at each depth that a parser goes to."""
    one = f"<{tags}>a b. "
    return HEAD + ARTICLE + one * (size // len(one)) + PROSE


def _many_nested(tags: str, size: int) -> str:
    """Towers of two hundred, one beside the other."""
    ends = "".join(f"</{tag}>" for tag in reversed(tags.split("><")))
    one = f"<{tags}>" * 100 + f"<p>{PROSE}</p>" + ends * 100
    return HEAD + ARTICLE + one * (size // len(one) + 1)


def _attributes(size: int) -> str:
    return HEAD + "<div " + "".join(f"a{n}=b " for n in range(size // 9)) + ">" + ARTICLE


def _elements_with_attributes(size: int) -> str:
    one = "<p " + " ".join(f"a{n}=b" for n in range(400)) + f">{PROSE}</p>"
    return HEAD + ARTICLE + one * (size // len(one))


def _classes(size: int) -> str:
    return f"{HEAD}<div class='{'nav-content related ' * (size // 20)}'>{ARTICLE}</div>"


def _prose_in_a_tower(size: int) -> str:
    one = f"<p>{PROSE}</p>"
    return HEAD + "<div>" * 200 + one * (size // len(one)) + "</div>" * 200


def _one_long_line(size: int) -> str:
    return f"{HEAD}{ARTICLE}<p>{'a' * size}</p>"


def _one_long_paragraph(size: int) -> str:
    return f"{HEAD}<article><h1>Bridge</h1><p>{PROSE * (size // len(PROSE))}</p></article>"


def _data_for_machines(size: int) -> str:
    text = "\n".join([PROSE * 3] * (size // len(PROSE) // 3))
    data = json.dumps({"@type": "NewsArticle", "articleBody": text})
    return f"{HEAD}<h1>Bridge</h1><script type='application/ld+json'>{data}</script>"


def _many_data_for_machines(size: int) -> str:
    data = json.dumps({"@type": "NewsArticle", "articleBody": PROSE * 3})
    one = f"<script type='application/ld+json'>{data}</script>"
    return HEAD + ARTICLE + one * (size // len(one))


def _nested_data_for_machines(size: int) -> str:
    data = '{"@graph":[' * (size // 11)
    return f"{HEAD}<script type='application/ld+json'>{data}</script>{ARTICLE}"


def _picture_in_the_page(size: int) -> str:
    data = base64.b64encode(random.Random(1).randbytes(size * 3 // 4)).decode()  # noqa: S311
    return f"{HEAD}{ARTICLE}<img src='data:image/png;base64,{data}'>"


def _menu(size: int) -> str:
    links = "<a href=/x>PREV</a> | " * (size // 23)
    return f"{HEAD}<nav>{links}</nav>{ARTICLE}"


def _links_in_one_paragraph(size: int) -> str:
    return f"{HEAD}{ARTICLE}<p>{PROSE}{'<a href=/x>y</a>' * (size // 16)}</p>"


def _wide_table(size: int) -> str:
    row = "<tr>" + "<td>12 345</td>" * 500
    return f"{HEAD}{ARTICLE}<table>{row * (size // len(row) + 1)}</table>"


def _refreshes(size: int) -> str:
    one = "<meta http-equiv=refresh content='0;url=/x'><link rel=alternate hreflang=de href=/x>"
    return f"<html><head>{one * (size // len(one))}</head><body>{ARTICLE}"


def _properties(size: int) -> str:
    one = "<meta property=article:tag content='a b'><meta name=author content='A. B.'>"
    return f"<html><head>{one * (size // len(one))}</head><body>{ARTICLE}"


def _long_title(size: int) -> str:
    return f"<html><head><title>{'Bridge | ' * (size // 9)}</title></head><body>{ARTICLE}"


def _headings_like_the_title(size: int) -> str:
    one = "<h1>Bridge stays open in the north of the town</h1>"
    return f"<html><head><title>{one[4:-5]}</title></head><body>{one * (size // len(one))}{ARTICLE}"


def _frameset(size: int) -> str:
    return "<html><frameset>" + "<frame src=x>" * (size // 13) + f"</frameset><body>{ARTICLE}"


def _doctype(size: int) -> str:
    entities = "".join(f"<!ENTITY e{n} '&e{n - 1};&e{n - 1};'>" for n in range(1, size // 32))
    return f"<!DOCTYPE html [{entities}]><html><body>{ARTICLE}<p>&e20;</p>"


def _unclosed(kind: str) -> Callable[[int], str]:
    return lambda size: HEAD + ARTICLE + kind + "<p>a b " * (size // 7)


def _twice(size: int) -> str:
    """The same few texts, each of them very often."""
    one = "".join(f"<div class=excerpt><p>{PROSE} {n}</p></div>" for n in range(50))
    return HEAD + one * (size // len(one) + 1) + ARTICLE


def _different(size: int) -> str:
    chance = random.Random(2)  # noqa: S311 - no secret
    words = (
        f"<p>{chance.getrandbits(64):x} {chance.getrandbits(64):x} b.</p>"
        for _ in range(size // 44)
    )
    return HEAD + ARTICLE + "".join(words)


def _front_matter(size: int) -> str:
    return "---\n" + "".join(f"name{n}: value\n" for n in range(size // 15)) + f"---\n\n{PROSE}"


def _open_front_matter(size: int) -> str:
    return "---\n" + "name: value\n" * (size // 12) + PROSE


SHAPES: dict[str, tuple[str, Callable[[int], str]]] = {
    **{
        f"many {name}": (
            ".html",
            lambda size, piece=piece: HEAD + ARTICLE + piece * (size // len(piece.encode())),
        )
        for name, piece in _REPEATED.items()
    },
    **{
        f"nested {name}": (".html", lambda size, tags=tags: _nested(tags, size))
        for name, tags in _NESTED.items()
    },
    **{
        f"towers of {name}": (".html", lambda size, tags=tags: _many_nested(tags, size))
        for name, tags in _NESTED.items()
    },
    **{
        make.__name__.strip("_").replace("_", " "): (".html", make)
        for make in (
            _attributes, _elements_with_attributes, _classes, _prose_in_a_tower, _one_long_line,
            _one_long_paragraph, _data_for_machines, _many_data_for_machines,
            _nested_data_for_machines, _picture_in_the_page, _menu, _links_in_one_paragraph,
            _wide_table, _refreshes, _properties, _long_title, _headings_like_the_title, _frameset,
            _doctype, _twice, _different,
        )
    },
    **{
        f"unclosed {kind.strip('<')}": (".html", _unclosed(kind))
        for kind in ("<!--", "<script>", "<a href='", "<textarea>", "<table><tr><td>", "<svg>", "<![CDATA[")
    },
    **{
        f"text of {name}": (".txt", lambda size, piece=piece: piece * (size // len(piece)))
        for name, piece in {
            "short lines": "a b\n", "paragraphs": f"{PROSE}\n\n", "empty lines": "\n",
            "one line": PROSE, "menus": "Home | News | PREV\n", "dates": "4 March 2025 10:20\n",
        }.items()
    },
    **{
        f"Markdown of {name}": (".md", lambda size, piece=piece: piece * (size // len(piece)))
        for name, piece in {
            "emphasis": "*a* **b** ", "open emphasis": "*a **b ", "links": "[a](b) ", "brackets": "[",
            "quotations": "> ", "lists": "- a\n", "nested lists": "- ", "backticks": "`a ``b ",
            "tables": "| a | b |\n", "headings": "# a\n\n", "HTML": "<div>\n\n", "paragraphs": f"{PROSE}\n\n",
            "references": "[a]: b\n\n", "entities": "&amp;", "parentheses": "[a](", "images": "![",
        }.items()
    },
    "front matter": (".md", _front_matter),
    "open front matter": (".md", _open_front_matter),
}  # fmt: skip
"""By name: the suffix of its file, and a function from a size in bytes to its text."""


def extreme_pages() -> Iterator[tuple[str, str, bytes]]:
    """Name, suffix and content of each page: every shape in every size."""
    for name, (suffix, make) in SHAPES.items():
        for size in SIZES:
            yield f"{name}, {size / 1e6:g} MB", suffix, make(size).encode("utf-8", "replace")
        piece = _REPEATED.get(name.removeprefix("many "), "")
        if elements := len(re.findall("<[a-z]", piece)):
            size = ELEMENTS // elements * len(piece.encode())
            yield f"{name}, {ELEMENTS:,} elements", suffix, make(size).encode("utf-8", "replace")
