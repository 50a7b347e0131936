"""Messages about articles are for whoever sent them, not for the command line."""

import io

import pytest

from mtpipe import FurnitureRules, read_articles
from mtpipe.config import FurnitureSettings
from mtpipe.errors import EmptyArticle, InputError, UnreadableArticle
from mtpipe.types import Failure
from mtpipe.web.wording import error_of, for_request

BUILT_IN = FurnitureRules()
ALL = FurnitureRules(FurnitureSettings(drop_text=(".",)))


@pytest.mark.parametrize(
    ("content", "rules", "said"),
    [
        ("12 34", BUILT_IN, "(say which language it is in)"),
        ("Ὁ δὲ ἀνεξέταστος βίος οὐ βιωτὸς ἀνθρώπῳ.", BUILT_IN, "say which language it is in"),
        ("The bridge is open.", ALL, "nothing but furniture"),
    ],
    ids=["no words", "another language", "nothing but furniture"],
)
def test_no_options_are_left(content: str, rules: FurnitureRules, said: str) -> None:
    [failure] = read_articles("-", stdin=io.BytesIO(content.encode()), rules=rules)
    assert isinstance(failure, Failure)
    assert "--" in failure.error
    message = for_request(failure.error)
    assert said in message
    assert "--" not in message


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", EmptyArticle),
        (b"###", EmptyArticle),
        (b"<html><body><nav>Home</nav></body></html>", EmptyArticle),
        (b"%PDF-1.7 ...", UnreadableArticle),
        (bytes(range(256)) * 9, UnreadableArticle),
        (b"12 34", InputError),
        ("Ὁ δὲ ἀνεξέταστος βίος οὐ βιωτὸς ἀνθρώπῳ.".encode(), InputError),
    ],
    ids=["nothing", "furniture", "menu", "pdf", "binary", "no words", "another language"],
)
def test_pages_have_words_for_what_couldnt_be_read(content: bytes, kind: type[InputError]) -> None:
    [failure] = read_articles("-", stdin=io.BytesIO(content))
    assert isinstance(failure, Failure)
    error = error_of(failure, "x.txt")
    assert type(error) is kind
    assert error.message == f"x.txt: {failure.error}"


def test_a_page_that_wasnt_fetched_is_no_broken_file() -> None:
    failure = Failure("https://a.example/", "read", "the page isn't there (404)")
    assert type(error_of(failure, failure.article_id)) is InputError
