"""What an HTML page says about itself: JSON-LD, Open Graph, canonical and ``hreflang`` links.

Nothing is inferred and nothing reconciled: a page whose ``<html lang>`` and ``og:locale``
disagree, or that names the work it translates, has thereby left evidence.
"""

import re
from typing import Any

from lxml.html import HtmlElement

from mtpipe.ingest.addresses import is_address
from mtpipe.ingest.inline import safe_address
from mtpipe.ingest.json_ld import as_stated, first, json_ld_article, names, strings
from mtpipe.ingest.page import collapse
from mtpipe.types import NOT_FREE, TOOL_MARKUP, Metadata

__all__ = ["page_metadata", "page_title", "window_title"]

_INLINE_TAGS = re.compile(r"</?(?:i|b|em|strong|span|sup|sub)\b[^<>]{0,200}>", re.IGNORECASE)
_LIST_ITEMS = 200
# Names of <meta> elements beside Open Graph's, of libraries and of systems that count readers.
_AUTHORS = (
    "author",
    "article:author",
    "og:article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
)
_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "parsely-pub-date",
    "sailthru.date",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.date",
    "dc.date",
    "citation_publication_date",
    "date",
    "pubdate",
)
_MODIFIED = ("article:modified_time", "og:article:modified_time", "dcterms.modified")
_ITEM_CHARS = 200
_MARKUP_CHARS = 200
_MARKED_ELEMENTS = 500
_TRACES = 20
_MARKED = (
    ("/html | //body", ("class", "id")),
    ("//meta", ("name", "content")),
    ("//link", ("rel", "id", "href")),
    ("//script", ("src", "id")),
    # What Google Translate wraps every translated phrase in, in a browser.
    ("(//font/font[@style])[position() <= 1]", ("style",)),
)
_TOOL = re.compile(
    r"translated-(?:ltr|rtl)\b|vertical-align:\s?inherit|goog-te-|translate[.-]goog|gtranslate"
    r"|weglot|translatepress|\btrp-|transposh|translation-stats|machine-translated|conveythis"
    r"|linguise|bablic|autotranslat",
    re.IGNORECASE,
)


def page_metadata(tree: HtmlElement, address: str = "") -> Metadata:
    """Collect the metadata of a page.

    Args:
        tree: its root.
        address: where it was fetched; counts if the page names no canonical address, and is
            what a relative one is relative to.
    """
    article = json_ld_article(tree)
    metas = _metas(tree)
    languages = (
        ("html lang", tree.get("lang") or tree.get("xml:lang") or ""),
        ("og:locale", metas.get("og:locale", "")),
        ("inLanguage", first(article.get("inLanguage"))),
        ("content-language", metas.get("content-language", "")),
    )
    return Metadata(
        address=_absolute(_link(tree, "canonical"), metas.get("og:url", ""), address, base=address),
        site=_site(metas, article),
        section=metas.get("article:section", "") or first(article.get("articleSection")),
        authors=names(article.get("author"))
        or next(filter(None, (names(metas.get(name)) for name in _AUTHORS)), ())
        or names(_item(tree, "author")),
        published=first(article.get("datePublished"))
        or _first_of(metas, _PUBLISHED)
        or _item(tree, "datePublished"),
        modified=first(article.get("dateModified"))
        or _first_of(metas, _MODIFIED)
        or _item(tree, "dateModified"),
        keywords=_keywords(article.get("keywords") or metas.get("keywords")),
        declared_languages=tuple((where, code) for where, code in languages if code),
        alternates=tuple(
            (collapse(link.get("hreflang")), _absolute(collapse(link.get("href")), base=address))
            for link in tree.xpath("//link[@rel='alternate'][@hreflang][@href]")[:_LIST_ITEMS]
        ),
        based_on=_works(article.get("isBasedOn"), address)
        + _works(article.get("isBasedOnUrl"), address),
        translation_of=_works(article.get("translationOfWork"), address),
        extra=(
            *((TOOL_MARKUP, trace) for trace in _tool_markup(tree)),
            *([NOT_FREE] if _is_not_free(article.get("isAccessibleForFree")) else []),
        ),
    )


def _absolute(*stated: str, base: str) -> str:
    """The first address that tells its host, if only by the base; else the first there is."""
    absolute = (safe_address(each, base) for each in stated if each)
    return next(filter(is_address, absolute), "") or next(filter(None, stated), "")


def _works(stated: object, base: str) -> tuple[str, ...]:
    """Titles and addresses of works, the latter with their host where the base tells it."""
    return tuple(
        _absolute(each, base=base) if each.startswith("/") else each for each in strings(stated)
    )


def _is_not_free(stated: object) -> bool:
    """Whether ``isAccessibleForFree`` is false, as JSON or, on many pages, as a text."""
    said = str(stated).strip().lower()  # "http://schema.org/False"
    return said == "false" or said.endswith("/false")


def page_title(tree: HtmlElement) -> str:
    """The title by JSON-LD, Open Graph or ``<title>``; empty if there is none."""
    return (
        _INLINE_TAGS.sub("", first(json_ld_article(tree).get("headline")))
        or _metas(tree).get("og:title", "")
        or window_title(tree)
    )


def window_title(tree: HtmlElement) -> str:
    """What ``<title>`` says: the title, and the site's name as a rule."""
    return as_stated(tree.findtext(".//title") or "")


def _site(metas: dict[str, str], article: dict[str, Any]) -> str:
    stated = names(metas.get("og:site_name", "")) or names(article.get("publisher"))
    return next(iter(stated), "")


def _tool_markup(tree: HtmlElement) -> list[str]:
    """What translation tools leave in a page's markup, as it would stand there.

    Only theirs: other systems' scripts come in new versions every week, and would make the page
    another one.
    """
    found: dict[str, None] = {}
    for path, attributes in _MARKED:
        for element in tree.xpath(path)[:_MARKED_ELEMENTS]:
            for name in attributes:
                value = collapse(element.get(name) or "")[:_MARKUP_CHARS]
                if value and _TOOL.search(value):
                    found[f'{element.tag} {name}="{value}"'] = None
    return list(found)[:_TRACES]


def _metas(tree: HtmlElement) -> dict[str, str]:
    """Content of the ``<meta>`` elements by lower-case name; the first of a name counts."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("http-equiv") or ""
        found.setdefault(name.strip().lower(), as_stated(meta.get("content") or ""))
    return found


def _first_of(metas: dict[str, str], wanted: tuple[str, ...]) -> str:
    """The content of the first of some ``<meta>`` elements that has any."""
    return next(filter(None, (metas.get(name, "") for name in wanted)), "")


def _item(tree: HtmlElement, prop: str) -> str:
    """What the first element with a property of microdata states or shows; empty without one."""
    for element in tree.xpath("(//*[@itemprop=$prop])[1]", prop=prop):
        named = element.xpath("(.//*[@itemprop='name'])[1]")
        for each in (*named, element):
            stated = each.get("content") or each.get("datetime") or "".join(each.itertext())
            if text := as_stated(stated):
                return text if len(text) <= _ITEM_CHARS else ""
    return ""


def _link(tree: HtmlElement, relation: str) -> str:
    links = tree.xpath("//link[@rel=$relation]/@href", relation=relation)
    return collapse(links[0]) if links else ""


def _keywords(value: object) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else value
    return strings(words)
