"""Checks of what a page says about itself: languages, editions, sources, dates, authors.

What a page claims in its own favour is believed only where it fits its own address: a scraper can
claim anything. Addresses of one publisher are told by the name that they were registered under,
so that ``example.de`` and ``fr.example.ch`` belong together.
"""

import unicodedata
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import regex

from mtpipe.detection.observations import Examined, Observation
from mtpipe.errors import UnsupportedDirection
from mtpipe.types import Article, Language, Quotation, Side

__all__ = [
    "agency_author",
    "based_on_elsewhere",
    "declared_language",
    "earlier_than_original",
    "edition_of_original",
    "is_agency",
    "other_edition",
    "soon_after_original",
    "translation_proxy",
]

_AGENCY = regex.compile(
    r"(?i)\b(?:dpa|afp|agence france[- ]presse|reuters|associated press|ap|sda|ats|keystone(?:-sda|-ats)?"
    r"|apa|kna|epd|sid|la presse canadienne|canadian press|belga|ansa|efe|press association|awp|bloomberg)\b"
)
_AGENCY_SITES = frozenset(
    {
        "afp",
        "apnews",
        "ap",
        "reuters",
        "dpa",
        "keystone-sda",
        "apa",
        "lapressecanadienne",
        "thecanadianpress",
        "belga",
        "ansa",
        "efe",
    }
)
_PROXIES = (
    ".translate.goog",
    "translate.google.com",
    "translated.turbopages.org",
    ".translatetheweb.com",
)
_RECORDS = frozenset({"record", "front matter"})  # whoever wrote these, it wasn't the page
# Of languages as pages name them, beside their codes; by what stands in <meta> of German, English
# and French systems.
_NAMED = {
    name: code
    for code, names in {
        "de": "deutsch german allemand tedesco alemán ger deu",
        "en": "english englisch anglais inglese inglés eng",
        "fr": "français francais french französisch franzoesisch francese francés fra fre",
        "es": "español espanol spanish spanisch espagnol spa",
        "it": "italiano italian italienisch italien ita",
        "nl": "nederlands dutch niederländisch néerlandais nld dut",
        "pt": "português portuguese portugiesisch portugais por",
        "pl": "polski polish polnisch polonais pol",
        "ru": "русский russian russisch russe rus",
    }.items()
    for name in names.split()
}
# Others are more often countries by mistake (uk, ca, be, ch, at) than languages.
_KNOWN = frozenset(_NAMED.values())
_DECLARED_CHARS = 200
_EDITIONS = 12
_SOON = timedelta(days=3)
_TOLERANCE = timedelta(hours=1)
_DAY = timedelta(days=1)
_FIRST_YEAR = 1995


def declared_language(examined: Examined) -> Observation | None:
    """Declarations of a language that the text doesn't have; English is many systems' default.

    A declaration may have several parts ("deutsch, german", "de-DE, en"). What is no language, such
    as a country's code, says nothing.
    """
    own = examined.candidate.language
    wrong = [
        (where, code)
        for where, code in examined.candidate.metadata.declared_languages
        if where not in _RECORDS and (codes := _codes(code)) and not codes & {own.value, "en"}
    ]
    if not wrong:
        return None
    detail = ", ".join(f"{where} = {code}" for where, code in wrong)
    return Observation(
        tuple(Quotation(Side.CANDIDATE, code) for _, code in wrong),
        detail=f"{detail}, and the text is in {own.english_name}",
    )


def based_on_elsewhere(examined: Examined) -> Observation | None:
    """``isBasedOn`` and ``translationOfWork`` that lead to another publisher, no agency."""
    metadata = examined.candidate.metadata
    own = _publisher(_address(examined.candidate))
    elsewhere = [
        address
        for address in (*metadata.translation_of, *metadata.based_on)
        if own and _publisher(address) not in (_AGENCY_SITES | {"", own})
    ]
    return _metadata_quotations(elsewhere)


def other_edition(examined: Examined) -> Observation | None:
    """``hreflang`` links to the site's own editions in other languages, or a source of its own.

    More than a dozen languages say nothing: that is what translating plug-ins do as well.
    """
    metadata = examined.candidate.metadata
    own = _publisher(_address(examined.candidate))
    language = examined.candidate.language.value
    others = [
        (code, address)
        for code, address in metadata.alternates
        if _primary(code) not in (language, "x") and own and _publisher(address) == own
    ]
    addresses = [address for _, address in others]
    if len({_primary(code) for code, _ in others}) > _EDITIONS:
        return None
    addresses += [
        address
        for address in (*metadata.translation_of, *metadata.based_on)
        if own and _publisher(address) == own
    ]
    return _metadata_quotations(addresses)


def edition_of_original(examined: Examined) -> Observation | None:
    """Candidate and original on one publisher's sites, or linked to by the original."""
    if examined.original is None:
        return None
    candidate = _publisher(_address(examined.candidate))
    original = _address(examined.original)
    linked = [address for _, address in examined.original.metadata.alternates]
    same = [
        address for address in (original, *linked) if candidate and _publisher(address) == candidate
    ]
    return _metadata_quotations(same[:1], side=Side.ORIGINAL)


def translation_proxy(examined: Examined) -> Observation | None:
    """An address of a service that translates pages on the way."""
    addresses = (examined.candidate.source, examined.candidate.metadata.address)
    return _metadata_quotations(
        [
            a
            for a in addresses
            if (host := _host(a)) and f".{host}".endswith(tuple(map(_dotted, _PROXIES)))
        ][:1]
    )


def agency_author(examined: Examined) -> Observation | None:
    """A news agency among the authors in the metadata."""
    return _metadata_quotations([a for a in examined.candidate.metadata.authors if is_agency(a)])


def soon_after_original(examined: Examined) -> Observation | None:
    """Published after the original, within three days."""
    lag = _lag(examined)
    if lag is None or not timedelta(0) < lag <= _SOON:
        return None
    return _dates(examined, lag)


def earlier_than_original(examined: Examined) -> Observation | None:
    """Published before the original, by more than time zones and clocks explain."""
    lag = _lag(examined)
    if lag is None or lag >= -_TOLERANCE:
        return None
    return _dates(examined, lag)


def is_agency(name: str) -> bool:
    """Whether an author's name is, or has in it, that of a news agency."""
    return bool(_AGENCY.search(name[:200]))


def _lag(examined: Examined) -> timedelta | None:
    """How long after the original the candidate came out; None where it can't be told."""
    if examined.original is None:
        return None
    candidate = _time(examined.candidate.metadata.published, examined.now)
    original = _time(examined.original.metadata.published, examined.now)
    if candidate is None or original is None:
        return None
    lag = candidate.time - original.time
    if not (candidate.is_exact and original.is_exact):
        # A day, or a time of no known zone: only whole days tell anything.
        return lag if abs(lag) > _DAY else None
    return lag


class _Stated(NamedTuple):
    """A time, and whether its zone is known (a mere day's isn't)."""

    time: datetime
    is_exact: bool


def _time(stated: str, now: datetime) -> _Stated | None:
    """A stated time; None if it doesn't parse or can't be true."""
    try:
        time = datetime.fromisoformat(stated.strip())
        exact = time.tzinfo is not None
        time = time.astimezone(UTC) if exact else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the latter at the ends of the calendar
        return None
    return _Stated(time, exact) if time.year >= _FIRST_YEAR and time <= now + _DAY else None


def _dates(examined: Examined, lag: timedelta) -> Observation:
    hours = lag / timedelta(hours=1)
    words = f"{abs(hours):.1f} h" if abs(hours) < 48 else f"{abs(hours) / 24:.1f} days"
    return Observation(
        (
            Quotation(Side.CANDIDATE, examined.candidate.metadata.published),
            *(
                [Quotation(Side.ORIGINAL, examined.original.metadata.published)]
                if examined.original
                else []
            ),
        ),
        value=hours,
        detail=f"{words} {'later' if hours > 0 else 'earlier'}",
    )


def _metadata_quotations(texts: list[str], side: Side = Side.CANDIDATE) -> Observation | None:
    quotations = tuple(Quotation(side, text) for text in texts if text)
    return Observation(quotations) if quotations else None


def _address(article: Article) -> str:
    return article.metadata.address or article.source


def _host(address: str) -> str:
    if not address.lower().startswith(("http://", "https://", "//")):
        return ""
    try:
        return (urlsplit(address).hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _publisher(address: str) -> str:
    """The name that an address's host was registered under; empty for none.

    By the public suffix list (https://publicsuffix.org), private suffixes included: two blogs
    under one of those are two publishers.
    """
    host = _host(address)
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdigit():
        return ""
    return _registered(host) or labels[-2]  # reserved names (.example) are on no list


@lru_cache(1_024)
def _registered(host: str) -> str:
    from tld import get_tld  # noqa: PLC0415 - reads the list

    found = get_tld(f"http://{host}", fail_silently=True, as_object=True, search_private=True)
    return str(getattr(found, "domain", ""))


def _codes(declared: str) -> set[str]:
    """The languages that a declaration names, by code or by name; empty for none that is known."""
    composed = unicodedata.normalize("NFC", declared[:_DECLARED_CHARS])
    parts = regex.split(r"[^\p{L}_-]+", composed.casefold())
    named = {_NAMED.get(part) or _primary(part) for part in parts if part}
    return named & _KNOWN


def _primary(code: str) -> str:
    """``de`` of ``de-CH``; other languages' codes as they are."""
    try:
        return Language.parse(code).value
    except UnsupportedDirection:
        return code.strip().lower().replace("_", "-").partition("-")[0]


def _dotted(suffix: str) -> str:
    return suffix if suffix.startswith(".") else f".{suffix}"
