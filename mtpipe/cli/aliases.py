"""Words of earlier versions that go on working: not in the help, turned into today's beforehand."""

from collections.abc import Mapping, Sequence

COMMANDS: Mapping[str, Mapping[str, str]] = {
    "archive": {"stats": "info"},
    "cache": {"stats": "info"},
    "models": {"rm": "remove"},
}
"""Commands of groups, by the earlier word."""

OPTIONS: Mapping[tuple[str, ...], Mapping[str, str]] = {
    ("archive", "add"): {"--language": "--from"},
    ("detect",): {"--language": "--from"},
    ("models", "convert"): {"--variant": "--quantization"},
}
"""Options of commands, by the earlier word."""

_END = "--"


def todays(args: Sequence[str]) -> list[str]:
    """A command line in today's words.

    Args:
        args: after the program's name; options of the program itself take no values.
    """
    words = list(args)
    places = [place for place, word in enumerate(words) if not word.startswith("-")][:2]
    command = tuple(words[place] for place in places)
    if len(command) > 1 and command[0] in COMMANDS:
        command = (command[0], COMMANDS[command[0]].get(command[1], command[1]))
        words[places[1]] = command[1]
    options = OPTIONS.get(command) or OPTIONS.get(command[:1]) or {}
    end = words.index(_END) if _END in words else len(words)
    for place, word in enumerate(words[:end]):
        name, sign, value = word.partition("=")
        if name in options:
            words[place] = f"{options[name]}{sign}{value}"
    return words
