"""Earlier words of the command line go on working."""

import pytest

from mtpipe.cli.aliases import todays


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("models rm a", "models remove a"),
        ("--quiet models rm a", "--quiet models remove a"),
        ("models remove rm", "models remove rm"),
        ("models convert a --variant int8", "models convert a --quantization int8"),
        ("models convert a --variant=int8", "models convert a --quantization=int8"),
        ("archive stats originals", "archive info originals"),
        ("archive add originals --language de x", "archive add originals --from de x"),
        ("archive list originals --language de", "archive list originals --language de"),
        ("detect --language de x", "detect --from de x"),
        ("detect -- --language", "detect -- --language"),
        ("translate --from de x", "translate --from de x"),
        ("", ""),
    ],
)
def test_old_words_become_todays(given: str, expected: str) -> None:
    assert todays(given.split()) == expected.split()
