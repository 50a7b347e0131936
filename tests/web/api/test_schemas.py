import json

import pytest
from pydantic import TypeAdapter, ValidationError

from mtpipe.types import Language
from mtpipe.web.api.job_bodies import REQUESTS
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


MANY = 30_000


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"kind": "translate", **dict.fromkeys(map(str, range(MANY)), 1)}, id="fields"),
        pytest.param(
            {"kind": "score", "hypotheses": dict.fromkeys(map(str, range(MANY)), 1)}, id="systems"
        ),
        pytest.param({"kind": "align", "source": {"sentences": [1] * 5000}}, id="sentences"),
        pytest.param({"kind": "translate", "sources": [{"x": 1}] * MANY}, id="sources"),
        pytest.param(
            {
                "kind": "translate",
                "target": "en",
                "sources": [dict.fromkeys(map(str, range(MANY)), 1)],
            },
            id="fields of a source",
        ),
    ],
)
def test_heaps_of_errors_are_not_collected(value: object) -> None:
    """A few megabytes of them would hold the server for minutes."""
    with pytest.raises(ValidationError) as caught:
        REQUESTS.validate_json(json.dumps(value))
    assert caught.value.error_count() < 10
