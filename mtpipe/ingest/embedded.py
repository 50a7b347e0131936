"""Articles that a page holds but doesn't show: in data for machines, or for want of scripts."""

import re

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from mtpipe.ingest.json_ld import json_ld_article
from mtpipe.ingest.page import collapse
from mtpipe.ingest.visible import visible_blocks

__all__ = ["article_body", "has_text_without_scripts"]

_MARKED_UP = re.compile(
    r"<(?:p|br|div|h[1-6]|li|b|i|a|em|strong|span)\b[^<>]{0,500}>", re.IGNORECASE
)
_LEAST_WORDS = 25
"""Of what a page shows without scripts; less asks to enable them."""

_BODY_CHARS = 500_000


def article_body(tree: HtmlElement) -> list[str]:
    """The paragraphs of the article in a page's JSON-LD (``articleBody``); empty without one."""
    stated = json_ld_article(tree).get("articleBody")
    if not isinstance(stated, str):
        return []
    stated = stated[:_BODY_CHARS]
    if _MARKED_UP.search(stated):
        try:
            fragment = lxml.html.document_fromstring(f"<body>{stated}</body>")
        except (etree.LxmlError, ValueError):
            return []
        return [block.text for block in visible_blocks(fragment, "")]
    return [text for line in stated.splitlines() if (text := collapse(line))]


def has_text_without_scripts(tree: HtmlElement) -> bool:
    """Whether the ``<noscript>`` of a page has more than a request to enable scripts."""
    shown = tree.xpath("//body//noscript[not(ancestor::noscript)]")
    return sum(len("".join(one.itertext()).split()) for one in shown) >= _LEAST_WORDS
