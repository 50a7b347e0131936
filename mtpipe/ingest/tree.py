"""A page's source to a tree that can be walked: parsed, with nothing in it that no reader sees."""

import re

import lxml.html
import regex
from lxml import etree
from lxml.html import HtmlElement

from mtpipe.errors import UnreadableArticle

__all__ = ["parse_page"]

# What XML has no room for, as it stands or as a numeric reference: trafilatura gives a page up
# for one of them.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
    "|&#0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|6553[45])(?![0-9]);?"
    "|&#x0*(?:[0-8bce]|1[0-9a-f]|fff[ef])(?![0-9a-f]);?",
    re.IGNORECASE,
)
_MAX_ELEMENTS, _MAX_ATTRIBUTES = 50_000, 200_000
"""Of a page; its blocks and its text are limited in :mod:`mtpipe.ingest.body`. Manuals
that are one page took about 100 µs an element; made pages of 49,000 elements up to 3.5 s."""

# The parser takes the square of the number of attributes of an element; no page needs as many. To
# count them takes far longer than to find the tags that are long enough to have them.
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{1000,}")
_MANY_ATTRIBUTES = regex.compile(
    r"""(<[a-zA-Z][\w:-]*+)(?:[\s/]++[^\s=<>"'/]++(?:\s*+=\s*+(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>]++))?+){500,}+"""
)


def parse_page(text: str) -> HtmlElement:
    """The tree of a page, without comments and what was deleted.

    Raises:
        UnreadableArticle: it isn't HTML, or has far more elements than the page of an article.
    """
    text = _LONG_TAG.sub(_without_many_attributes, _ILLEGAL.sub(" ", text))
    # Comments go at once: trafilatura would take the text behind them along.
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
        if (elements := int(tree.xpath("count(//*)"))) > _MAX_ELEMENTS:
            raise UnreadableArticle(f"no article's page: {elements:,} elements")
        if (attributes := int(tree.xpath("count(//@*)"))) > _MAX_ATTRIBUTES:
            raise UnreadableArticle(f"no article's page: {attributes:,} attributes")
        _make_plain(tree)
    except (etree.LxmlError, ValueError) as exc:
        raise UnreadableArticle(f"not HTML: {exc}") from exc
    return tree


def _without_many_attributes(tag: re.Match[str]) -> str:
    return str(_MANY_ATTRIBUTES.sub(r"\1", tag[0]))


def _make_plain(tree: HtmlElement) -> None:
    """Make of markup what a browser shows: quotation marks of <q>, nothing of what was deleted."""
    etree.strip_elements(tree, "del", "s", "strike", with_tail=False)
    for element in tree.iter("q"):
        element.text = f'"{element.text or ""}'
        if len(element):
            element[-1].tail = f'{element[-1].tail or ""}"'
        else:
            element.text += '"'
    etree.strip_tags(tree, "q")
