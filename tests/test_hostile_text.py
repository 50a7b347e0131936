"""No text takes time that grows with the square of its length, or worse."""

import signal
from collections.abc import Callable, Iterator

import pytest

from mtpipe.engines.safety import is_translatable, problems
from mtpipe.engines.splitting import split_long
from mtpipe.ingest.furniture import is_repetition, split_dateline
from mtpipe.ingest.html import read_html
from mtpipe.sentences import split
from mtpipe.types import Language
from mtpipe.typography import restore

PROSE = "The bridge in the north of the town will stay open all night long, the council said. " * 3
CASES: list[tuple[Callable[[str], object], str]] = [
    (split_dateline, "A-" * 50_000),
    (split_dateline, "A " * 50_000 + "–"),
    (is_translatable, "a@" * 50_000),
    (is_translatable, "a@a." * 50_000),
    (lambda text: problems(text, "1"), "7" * 20_000),
    (lambda text: split(text, Language.EN), "(…) " * 50_000),
    (lambda text: split(text, Language.EN), "a. (…) " * 50_000),
    (lambda text: split_long(text, 160, lambda part: len(part) // 4), "a" + "\u00a0" * 100_000),
    (lambda text: restore([text], Language.FR), "a" + "\u00a0" * 100_000),
    (lambda text: restore([text], Language.FR), "« " * 50_000),
    (lambda text: [is_repetition(text, text + "x") for _ in range(500)], "a " * 200_000),
    (
        lambda names: read_html(f'<body class="{names}">' + f"<p>{PROSE}</p>" * 500 + "</body>"),
        "nav-" * 100_000,
    ),
]


@pytest.fixture(autouse=True)
def no_patience() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)  # a hundred times what it takes
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(("read", "text"), CASES, ids=range(len(CASES)))
def test_it_is_read_in_time(read: Callable[[str], object], text: str) -> None:
    read(text)
