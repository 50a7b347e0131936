"""Whoever comes first, the same article wins."""

from itertools import permutations

import pytest

from mtpipe.scale.claims import Claim, Claims

ARTICLES = [Claim("a", 0, "x", "1"), Claim("b", 3, "y", "1"), Claim("c", 1, "z", "1")]


@pytest.mark.parametrize("order", list(permutations(ARTICLES)))
def test_the_first_of_the_same_content_is_kept(order: tuple[Claim, ...]) -> None:
    claims = Claims()
    written = {each.id for each in order if not claims.contents([each])[0]}
    assert written - {name for name, _ in claims.displaced} == {"x"}


@pytest.mark.parametrize("order", list(permutations([0, 1, 2])))
def test_the_first_of_the_same_id_is_kept(order: tuple[int, ...]) -> None:
    same = [Claim("a", 0, "x", "1"), Claim("b", 0, "x", "2"), Claim("c", 0, "x", "3")]
    claims = Claims()
    refused = {same[n].sha256 for n in order if claims.ids([same[n]])[0]}
    assert refused | {each.sha256 for each in claims.overtaken} == {"2", "3"}
    assert claims.has_id("a", "x")
    assert not claims.has_id("b", "x")


def test_a_claim_that_is_repeated_is_the_same() -> None:
    claims = Claims()
    for _ in range(2):
        assert claims.ids(ARTICLES) == [None, None, None]
        assert claims.contents(ARTICLES) == ["", "x", "x"]


def test_what_was_there_before_stays() -> None:
    claims = Claims()
    assert claims.contents([Claim("a", 0, "x", "1", elsewhere="old")]) == ["old"]
    assert claims.displaced == []


def test_the_same_article_twice_displaces_nothing() -> None:
    claims = Claims()
    later, earlier = Claim("b", 0, "x", "1"), Claim("a", 0, "x", "1")
    assert claims.contents([later, earlier]) == ["", ""]
    assert claims.ids([later, earlier]) == [None, None]
    assert (claims.displaced, claims.overtaken) == ([], [])


def test_claims_are_recalled() -> None:
    claims = Claims()
    claims.recall(ARTICLES[:1], ARTICLES[:1])
    assert claims.contents(ARTICLES[1:]) == ["x", "x"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_changes_in_the_archive_changes_in_any_case(order: tuple[int, ...]) -> None:
    same = [ARTICLES[0], ARTICLES[1]._replace(is_change=True), ARTICLES[2]]
    claims = Claims()
    written = {same[n].id for n in order if not claims.contents([same[n]])[0]}
    assert written - {name for name, _ in claims.displaced} == {"y"}
