"""Languages and directions of translation."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from mtpipe.errors import UnsupportedDirection


class Language(StrEnum):
    """The languages of mtpipe, by their ISO 639-1 code.

    A model's own codes (``>>deu<<``) exist only inside the engines.
    """

    DE = "de"
    EN = "en"
    FR = "fr"

    @property
    def iso639_3(self) -> str:
        """The three-letter code, as in Marian's target tags (``deu``)."""
        return {"de": "deu", "en": "eng", "fr": "fra"}[self.value]

    @property
    def english_name(self) -> str:
        """The name in English, for people."""
        return {"de": "German", "en": "English", "fr": "French"}[self.value]

    @classmethod
    def parse(cls, code: str) -> Self:
        """Read a language code, forgiving case, region and the three-letter form.

        >>> Language.parse("fr-CA")
        <Language.FR: 'fr'>

        Raises:
            UnsupportedDirection: the language isn't one of mtpipe's.
        """
        primary = code.strip().lower().replace("_", "-").split("-")[0]
        aliases = {"deu": "de", "ger": "de", "eng": "en", "fra": "fr", "fre": "fr"}
        try:
            return cls(aliases.get(primary, primary))
        except ValueError:
            known = ", ".join(f"{member.value} ({member.english_name})" for member in cls)
            raise UnsupportedDirection(
                f"unknown language {code!r}", hint=f"known are {known}"
            ) from None


@dataclass(frozen=True, slots=True, order=True)
class Direction:
    """A translation direction, printed ``de-en``."""

    source: Language
    target: Language

    def __post_init__(self) -> None:
        if self.source == self.target:
            raise UnsupportedDirection(
                f"source and target language are both {self.source.value}",
                hint="give two different languages with --from and --to",
            )

    def __str__(self) -> str:
        return f"{self.source.value}-{self.target.value}"

    @property
    def reversed(self) -> "Direction":
        """The opposite direction."""
        return Direction(self.target, self.source)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``de-en``.

        Raises:
            UnsupportedDirection: not two known, different languages joined by a hyphen.
        """
        source, separator, target = text.partition("-")
        if not separator:
            raise UnsupportedDirection(
                f"{text!r} is no translation direction", hint="write it as de-en"
            )
        return cls(Language.parse(source), Language.parse(target))
