"""How long a text becomes in translation."""

from mtpipe.types import Language

# Characters that say the same, German = 1, counted in translated news and press releases.
_LENGTH = {Language.DE: 1.0, Language.FR: 1.0, Language.EN: 0.9}


def length_ratio(source: Language | None, target: Language | None) -> float:
    """Characters that a character becomes in translation; 1 where a language isn't known."""
    return _LENGTH[target] / _LENGTH[source] if source and target else 1.0
