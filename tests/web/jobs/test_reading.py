"""Articles of a job under the names that their owner knows."""

from pathlib import Path

import pytest

from mtpipe.types import Article, Failure, Language
from mtpipe.web.jobs import reading
from mtpipe.web.jobs.folder import JobFolder
from mtpipe.web.jobs.reading import Given

ADDRESS = "https://example.org/a"


@pytest.mark.parametrize(
    ("more", "name"), [({"id": " ours "}, " ours "), ({}, ADDRESS)], ids=["an id", "none"]
)
def test_a_fetched_page_has_the_id_that_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, str], name: str
) -> None:
    found = [Article(ADDRESS, ADDRESS, Language.DE, ()), Failure(ADDRESS, "read", "not text")]
    monkeypatch.setattr(reading, "read_articles", lambda *_, **__: iter(found))
    given = Given(JobFolder(tmp_path), [{"url": ADDRESS, **more}], allow_fetch=True)
    article, failure = given.articles()
    assert isinstance(article, Article)
    assert isinstance(failure, Failure)
    assert (article.id, article.source, failure.article_id) == (name, ADDRESS, name)
