"""What the pages say, in German, English and French, and how figures and times are put there.

The texts themselves stand in ``texts/<language>.toml``; every language has the same keys.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

__all__ = ["LANGUAGES", "Texts", "chosen_language", "texts_of"]

LANGUAGES = ("en", "de", "fr")
"""Those that the pages speak; the first is for whoever wants none of them."""

_FOLDER = Path(__file__).with_name("texts")
_MOST_PREFERENCES = 20
_THOUSANDS = {"en": ",", "de": ".", "fr": "\u202f"}
_POINT = {"en": ".", "de": ",", "fr": ","}
_COLON = {"en": ":", "de": ":", "fr": "\u00a0:"}
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language.

    Attributes:
        language: ISO 639-1 code.
        table: text by key, such as ``detect.title``.
    """

    language: str
    table: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key, filled.

        Raises:
            KeyError: there is no such text, or a value for it is lacking: a bug.
        """
        text = self.table[key]
        return text.format_map(values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.table

    @property
    def colon(self) -> str:
        """Between a name and what is said of it, as the language writes it."""
        return _COLON[self.language]

    def many(self, key: str, count: int, /, **values: object) -> str:
        """``key.one`` or ``key.other``, as the language counts; French says one of nothing, too."""
        is_one = count == 1 or (count == 0 and self.language == "fr")
        form = f"{key}.one" if is_one else f"{key}.other"
        return self(form, count=self.number(count), **values)

    def number(self, value: float, digits: int = 0) -> str:
        """A figure with the language's separators."""
        text = f"{value:,.{digits}f}"
        swapped = {",": _THOUSANDS[self.language], ".": _POINT[self.language], "-": "−"}
        return "".join(swapped.get(character, character) for character in text)

    def percent(self, share: float) -> str:
        """A share of one; never certainty, as in the reports."""
        if share >= 0.995:
            return self("figure.over", figure=self._percent(99))
        if share < 0.005:
            return self("figure.under", figure=self._percent(1))
        return self._percent(100 * share)

    def _percent(self, value: float) -> str:
        return f"{self.number(value)}{'%' if self.language == 'en' else chr(0xA0) + '%'}"

    def size(self, size_bytes: int) -> str:
        """How large a file is."""
        unit = "o" if self.language == "fr" else "B"
        if size_bytes >= 1_000_000:
            return f"{self.number(size_bytes / 1e6, 1)}\u00a0M{unit}"
        return f"{self.number(max(1, round(size_bytes / 1e3)))}\u00a0k{unit}"

    def span(self, seconds: float) -> str:
        """How long something takes, roughly."""
        for unit, length in (("days", _DAY), ("hours", _HOUR), ("minutes", _MINUTE)):
            if seconds >= 1.5 * length or (unit == "minutes" and seconds >= _MINUTE):
                return self.many(f"time.{unit}", round(seconds / length))
        return self.many("time.seconds", max(1, round(seconds)))

    def moment(self, stated: str) -> str:
        """A date and time in ISO 8601 as people write it, in UTC; as it stands if it is none."""
        try:
            when = datetime.fromisoformat(stated)
        except ValueError:
            return stated
        when = when.astimezone(UTC) if when.tzinfo else when
        return self(
            "time.moment",
            day=when.day,
            month=self(f"time.month.{when.month}"),
            year=when.year,
            hour=f"{when.hour:02}",
            minute=f"{when.minute:02}",
        )

    def day(self, stated: str) -> str:
        """The day of a date in ISO 8601 as people write it; as it stands if it is none."""
        try:
            when = datetime.fromisoformat(stated)
        except ValueError:
            return stated
        return self(
            "time.day", day=when.day, month=self(f"time.month.{when.month}"), year=when.year
        )


@cache
def texts_of(language: str) -> Texts:
    """The texts of one of :data:`LANGUAGES`."""
    path = _FOLDER / f"{language}.toml"
    table: dict[str, str] = {}
    _flatten("", tomllib.loads(path.read_text(encoding="utf-8")), table)
    return Texts(language, table)


def _flatten(prefix: str, values: Mapping[str, object], table: dict[str, str]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping):
            _flatten(f"{prefix}{key}.", value, table)
        else:
            table[f"{prefix}{key}"] = str(value).strip()


def chosen_language(kept: str | None, accepted: str) -> str:
    """The language for a reader.

    Args:
        kept: what the reader chose before, if anything.
        accepted: the browser's ``Accept-Language``.
    """
    if kept in LANGUAGES:
        return str(kept)
    best = (0.0, LANGUAGES[0])
    for preference in accepted[:500].split(",")[:_MOST_PREFERENCES]:
        tag, _, parameter = preference.strip().partition(";")
        code = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if code in LANGUAGES and weight > best[0]:
            best = (weight, code)
    return best[1]


def _weight(parameter: str) -> float:
    """The ``q`` of a preference; 1 where there is none, 0 where it can't be read."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
