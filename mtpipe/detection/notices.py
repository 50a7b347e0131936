"""Notices of a translation that stand on the original.

A site that translates itself keeps one notice in all its pages, as a rule hidden from readers,
and says there which language the original is in: "translated automatically, please read the
original in German". On the page in German that accuses nobody. Not for finding notices, which
rules do.
"""

from functools import cache

import regex

from mtpipe.types import Language

__all__ = ["names_own_language"]

_NAMES = {
    Language.DE: r"(?:german|deutsch(?:e[nrs]?)?|deutschsprachige[nrs]?|allemande?)",
    Language.EN: r"(?:english|englisch(?:e[nrs]?)?|englischsprachige[nrs]?|anglaise?)",
    Language.FR: r"(?:french|französisch(?:e[nrs]?)?|französischsprachige[nrs]?|française?)",
}
# {own} is the page's own language, by its name in any of the languages.
_SAYINGS = (
    r"(?:from|aus dem|of) (?:(?:the|an?) )?(?:original )?{own}",
    r"(?:de l['’]|du )(?:original )?{own}",
    r"original\p{{L}}*[^.,;:\n]{{0,25}} (?:in|is|auf|en|ist|est) (?:the )?{own}",
    r"original\p{{L}}*\W{{1,3}}(?:version |text |article |page )?{own}",
    r"{own}(?:[- ]language|sprachige\p{{L}}*)? (?:original|source|ausgangs|quell)",
    r"(?:written|verfasst|geschrieben|rédigée?|écrite?) (?:in|auf|en) {own}",
    r"{go}\b[^.\n]{{0,40}} (?:in|en) (?:the )?{own}",
    r"{go}(?: to)? (?:(?:the|la|le|die|sie die) )?(?:version |texte )?{own}",
    r"auf {own}[^.\n]{{0,20}} (?:lesen|anzeigen)",
    r"{own} (?:version|fassung|seite|original)[^.\n]{{0,20}} (?:lesen|anzeigen|ansehen)",
    r"zu[rm] {own} (?:version|fassung|seite|artikel|original)",
    r"{own} (?:version|fassung|text)[^.\n]{{0,40}}{binds}",
    r"(?:version|texte) {own} (?:fait|prévaut|seule)",
    r"{binds}\p{{L}}*[^.\n]{{0,40}} {own} (?:version|fassung|text)",
)
_GO = (
    r"(?:read|view|see|show|refer|consult|switch|go|lesen|li(?:re|sez)|vo(?:ir|yez)|affiche[rz]"
    r"|consulte[rz])"
)
_BINDS = r"(?:prevail|applies|authoritative|binding|maßgeb|massgeb|verbindlich|gilt)"


def names_own_language(text: str, own: Language) -> bool:
    """Whether a notice says that what was translated, or its original, is in a language.

    Args:
        text: the notice and what stands around it; some hundred characters.
        own: the language of the page that it stands on.
    """
    return bool(_sayings(own).search(text))


@cache
def _sayings(own: Language) -> regex.Pattern[str]:
    sayings = "|".join(saying.format(own=_NAMES[own], go=_GO, binds=_BINDS) for saying in _SAYINGS)
    return regex.compile(rf"\b(?:{sayings})", regex.IGNORECASE)
