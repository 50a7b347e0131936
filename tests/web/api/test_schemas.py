import pytest
from pydantic import TypeAdapter, ValidationError

from mtpipe.types import Language
from mtpipe.web.api.schemas import Article, PageArticle, Sentences, TextArticle, field_chars

ARTICLE: TypeAdapter[object] = TypeAdapter(Article)


@pytest.mark.parametrize(
    ("value", "chars"),
    [
        pytest.param(TextArticle(text="abc", language=Language.DE, id="x"), 3, id="article"),
        pytest.param(Sentences(sentences=["ab", "c"]), 3, id="sentences"),
        pytest.param({"a": ["bc"], "d": ("e",)}, 3, id="plain data"),
        pytest.param(None, 0, id="nothing"),
    ],
)
def test_all_characters_count(value: object, chars: int) -> None:
    assert field_chars(value) == chars


def test_models_are_taken_as_they_are() -> None:
    page = PageArticle(html="a")
    assert ARTICLE.validate_python(page) is page


@pytest.mark.parametrize(
    "value", [None, 1, [], "text", {"text": None}, {"html": ["a"]}, {"text": "a", "lang": "de"}]
)
def test_what_is_no_article(value: object) -> None:
    with pytest.raises(ValidationError):
        ARTICLE.validate_python(value)
