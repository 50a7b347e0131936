"""RSS and Atom feeds to records, an entry each: what the feed carries, nothing is fetched.

RSS 2.0 (https://www.rssboard.org/rss-specification) with ``content:encoded``, RSS 1.0 (RDF) and Atom
(RFC 4287).
"""

from collections.abc import Iterator, Mapping

from lxml import etree

from mtpipe.errors import InputError
from mtpipe.ingest.json_ld import decoded
from mtpipe.ingest.page import collapse

__all__ = ["feed_records", "is_feed"]

_ENTRIES = frozenset({"item", "entry"})
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ("guid", "id"),
    "title": ("title",),
    "html": ("encoded", "content", "description", "summary"),
    "date": ("pubDate", "published", "date", "updated"),
    "author": ("creator", "author"),
    "section": ("category",),
}
"""Fields of a record, and the elements that have them, the fullest first."""

_EXACT = frozenset({"id", "date"})
"""In these, what looks like an entity is none."""

_OTHER_NAMESPACES = ("{http://search.yahoo.com/mrss", "{http://www.itunes.com/")
"""Of pictures and recordings, which have titles and descriptions as well."""


def is_feed(beginning: bytes) -> bool:
    """Whether a file begins as a feed does."""
    start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf")) and any(
        mark in start[:4096] for mark in (b"<rss", b"<feed", b"<rdf:rdf")
    )


def feed_records(data: bytes) -> Iterator[dict[str, str]]:
    """The entries of a feed as records, see :func:`mtpipe.ingest.tables.page_of_record`.

    Raises:
        InputError: it isn't XML.
    """
    # Entities aren't resolved and nothing is loaded; what is broken is read as far as it goes.
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError) as exc:
        raise InputError(f"not a feed that can be read: {exc}") from exc
    if root is None:
        raise InputError("not a feed that can be read")
    for element in root.iter(etree.Element):
        if _name(element) in _ENTRIES:
            yield _record(element)


def _record(entry: etree._Element) -> dict[str, str]:
    by_name: dict[str, list[etree._Element]] = {}
    for child in entry.iterchildren(etree.Element):
        if not str(child.tag).startswith(_OTHER_NAMESPACES):
            by_name.setdefault(_name(child), []).append(child)
    record: dict[str, str] = {}
    for field, names in _FIELDS.items():
        children = (child for name in names for child in by_name.get(name, ()))
        texts = ((_content(child, field), child.get("type") == "text") for child in children)
        text, is_plain = next((found for found in texts if found[0]), ("", False))
        if field != "html":
            record[field] = collapse(text) if is_plain or field in _EXACT else decoded(text)
        elif is_plain:
            record["text"] = text
        elif "<" in text:
            record["html"] = text
        else:
            record["text"] = "\n".join(map(decoded, text.split("\n")))
    links = sorted(
        by_name.get("link", ()), key=lambda link: link.get("rel", "alternate") != "alternate"
    )
    if links and (address := links[0].get("href") or collapse(links[0].text or "")):
        record["url"] = address
    return {field: value for field, value in record.items() if value}


def _content(element: etree._Element, field: str) -> str:
    """The text of an element; markup in it included where that is wanted, as Atom has XHTML as elements.

    Of a person, who has an address as well in Atom, the name.
    """
    if field == "author":
        names = (child for child in element.iterchildren(etree.Element) if _name(child) == "name")
        element = next(names, element)
    if field == "html" and element.get("type") == "xhtml":
        inner = (etree.tostring(child, encoding="unicode") for child in element)
        return "".join(inner)
    return "".join(element.itertext()).strip()


def _name(element: etree._Element) -> str:
    """Without namespace, or a prefix that nobody declared."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2]
