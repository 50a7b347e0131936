"""Patterns of rules, compiled; what would take for ever or too much memory is refused."""

import regex

from mtpipe.errors import ConfigError

__all__ = ["PATTERN_TIMEOUT_S", "compile_pattern"]

PATTERN_TIMEOUT_S = 0.5
"""A pattern that takes longer on one page is left out for it; those that ship take microseconds."""

_PATTERN_CHARS = 4_000
_PATTERN_SIZE = 20_000
_PARTS = regex.compile(
    r"(?P<plain>\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\()|(?P<close>\))"
    r"|\{(?P<low>\d*),?(?P<high>\d*)\}|.",
    regex.DOTALL,
)


def compile_pattern(source: object, where: str) -> regex.Pattern[str] | None:
    """Compile a rule's pattern, with ``^`` and ``$`` at the ends of each line.

    Args:
        source: of the ``regex`` package; None for none.
        where: begins the messages.

    Raises:
        ConfigError: no pattern, too long, too large, or one that matches the empty text.
    """
    if source is None:
        return None
    if not isinstance(source, str) or not 0 < len(source) <= _PATTERN_CHARS:
        raise ConfigError(f"{where}: not a text of 1 to {_PATTERN_CHARS:,} characters")
    if _unrolled(source) > _PATTERN_SIZE:
        raise ConfigError(f"{where}: repetitions within repetitions make it too large")
    try:
        compiled = regex.compile(source, regex.MULTILINE | regex.VERSION0)
    except (regex.error, RecursionError, OverflowError) as exc:
        raise ConfigError(
            f"{where}: {exc}", hint="write it between ''' ''' so that backslashes stay"
        ) from exc
    if compiled.match("") is not None:
        raise ConfigError(f"{where}: it matches the empty text")
    return compiled


def _unrolled(source: str) -> int:
    """How long a pattern is with its counted repetitions written out, as it is compiled."""
    sizes, last = [0], 0
    for part in _PARTS.finditer(source):
        if part["open"]:
            sizes.append(0)
            last = 0
        elif part["close"]:
            last = sizes.pop()
            sizes = sizes or [0]
            sizes[-1] += last
        elif count := part["high"] or part["low"]:
            times = int(count) if len(count) < 6 else _PATTERN_SIZE
            sizes[-1] += last * max(0, times - 1)
            last *= max(1, times)
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)
