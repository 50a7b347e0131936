"""What keeps a text from being what it seems: look-alike letters, unseen characters, a tokeniser's spaces.

All of it is taken out before measuring. Whoever hides a copy from searches writes "а" (Cyrillic) for "a", or puts zero-width characters into
words. Only words that mix scripts are folded: a Greek word among Latin ones is a Greek word. The
pairs are those of Unicode's confusables (UTS #39) between Latin and the two scripts like it.

Older translation systems cut texts into tokens and don't quite put them together again: "l ’ été",
"don 't", "mot , mot". No model expects such tokens, so that a machine's text would look like a person's.
"""

import regex

__all__ = ["undisguised"]

_LOOKALIKES = str.maketrans(
    "аеорсхуіјѕԁԛԝһӏАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧορνιαυκ",
    "aeopcxyijsdqwhlABEKMHOPCTYXIJSABEZHIKMNOPTYXopviauk",
)
_UNSEEN = regex.compile("[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_FOREIGN = regex.compile(r"[\p{Cyrillic}\p{Greek}]")
_WORD = regex.compile(r"\w+")
_LATIN = regex.compile(r"\p{Latin}")

_ELIDED = regex.compile(
    r"(?<![\p{L}'’])([cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|aujourd)(?: (['’]) ?|(['’]) )(?=\p{L})",
    regex.IGNORECASE,
)
_CONTRACTED = regex.compile(
    r"(?<=\p{L})(?: (['’]) ?(?=(?:s|d|m|re|ve|ll|t)\b)| (?=n['’]t\b))", regex.IGNORECASE
)
_COMMA = regex.compile(r"(?<=[\p{L}\d)»”]) (?=[,.](?:\s|$))")


def undisguised(text: str) -> str:
    """A text with the letters that it seems to have.

    >>> undisguised("Dаs Hаus in Αθήνα")  # the first two with a Cyrillic letter
    'Das Haus in Αθήνα'
    """
    text = _joined(text)
    if text.isascii():
        return text
    text = str(_UNSEEN.sub("", text))
    if not _FOREIGN.search(text):
        return text
    return str(_WORD.sub(_folded, text))


def _joined(text: str) -> str:
    """The text without the spaces that a tokeniser left."""
    if "'" in text or "’" in text:
        text = _ELIDED.sub(lambda match: match[1] + (match[2] or match[3]), text)
        text = _CONTRACTED.sub(lambda match: match[1] or "", text)
    return str(_COMMA.sub("", text))


def _folded(match: regex.Match[str]) -> str:
    word: str = match[0]
    return word.translate(_LOOKALIKES) if _LATIN.search(word) else word
