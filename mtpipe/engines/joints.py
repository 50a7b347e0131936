"""Putting a name in the place of another: what stands before it may have to change.

"a French president" and "an Italian one", "du Canada" and "de l'Iran".
"""

import re
from dataclasses import replace

from mtpipe.lexicon.gazetteer import Form, Kind
from mtpipe.types import Language

__all__ = ["begins", "capitalised", "is_noun", "joined"]

_VOWELS = "aeiouhâàéèêëîïôöûü"
# French has no elision before these; other names with h have.
_ASPIRATED = ("hongr", "holland", "hond", "hambo", "hano", "haw", "haye")
_BEGINNING = re.compile(r"(?:^|[.!?]\s+)[\"„“«»'‘(\[]*$")
_DETERMINER = re.compile(r"\b(?:[Ll][ea]s?|[Dd]es|[Aa]ux|[Uu]ne?|[Cc]es|[Dd]eux|[Ll]['’])\s*$")
_LIKE_CONSONANTS = ("eu", "u")
"""English vowels that "a" goes before: "a European", "a Ukrainian"."""


def joined(before: str, form: Form, behind: str, language: Language) -> str:
    """A text with a name in its middle.

    Args:
        before: what stands in front of the name, as it stood in front of another.
        form: the name.
        behind: what stands behind it.
        language: of the text.
    """
    if language is Language.EN:
        is_vowel = form.text[0] in "AEIOaeio" and not form.text.lower().startswith(_LIKE_CONSONANTS)
        article = "an" if is_vowel else "a"
        before = re.sub(r"\b([Aa])n?(\s+)$", rf"\g<1>{article[1:]}\2", before)
    elif language is Language.FR:
        before = _french(before, form)
    return f"{before}{form.text}{behind}"


def begins(before: str) -> bool:
    """Whether a sentence begins with what follows."""
    return bool(_BEGINNING.search(before))


def capitalised(form: Form) -> Form:
    """A form with a capital."""
    return replace(form, text=form.text[0].upper() + form.text[1:])


def is_noun(before: str, language: Language) -> bool:
    """Whether what follows is a French noun, not an adjective: it has a determiner."""
    return language is Language.FR and bool(_DETERMINER.search(before))


def _french(before: str, form: Form) -> str:
    name = form.text.lower()
    grammar = form.group if form.kind is Kind.NAME else form.tag
    is_feminine, is_several = grammar[:1] == "f", grammar.endswith("p")
    if form.kind is Kind.NAME and form.group in ("f", "m"):
        where = "au" if form.group == "m" and name[0] not in _VOWELS else "en"
        before = re.sub(r"\bà\s+$", f"{where} ", before)
        before = re.sub(r"\bÀ\s+$", f"{where.capitalize()} ", before)
    changes: tuple[tuple[str, str], ...]
    if name[0] in _VOWELS and not name.startswith(_ASPIRATED):
        changes = (
            (r"\b([Ll])[ea]\s+$", r"\1'"),
            (r"\b([Dd])e\s+$", r"\1'"),
            (r"\b([Dd])u\s+$", r"\1e l'"),
            (r"\b([Qq]u)e\s+$", r"\1'"),
            (r"\bau\s+$", "en " if form.kind is Kind.NAME else "à l'"),
        )
    elif is_several or grammar == "0":
        changes = ((r"\b([Dd])['’]$", r"\1e "), (r"\b([Qq]u)['’]$", r"\1e "))
    else:
        article = "a" if is_feminine else "e"
        changes = (
            (r"\b([Dd])e [Ll]['’]$", r"\1e la " if is_feminine else r"\1u "),
            (r"\bà [Ll]['’]$", "à la " if is_feminine else "au "),
            (r"\b([Ll])['’]$", rf"\1{article} "),
            (r"\b([Dd])['’]$", r"\1e "),
            (r"\b([Qq]u)['’]$", r"\1e "),
            (r"\ben $", "en " if is_feminine or form.kind is not Kind.NAME else "au "),
        )
    for pattern, instead in changes:
        changed, times = re.subn(pattern, instead, before)
        if times:
            return changed
    return before
