import pytest
from fastapi import Request

from mtpipe.web.api.paging import address_of, next_page


@pytest.mark.parametrize(
    ("root_path", "query", "address"),
    [
        pytest.param("", "", "/api/v1/jobs?after=x+y%26", id="first"),
        pytest.param("", "limit=2&after=w", "/api/v1/jobs?limit=2&after=x+y%26", id="second"),
        pytest.param("/mt", "", "/mt/api/v1/jobs?after=x+y%26", id="behind a proxy"),
    ],
)
def test_the_next_page_is_asked_for_like_this_one(root_path: str, query: str, address: str) -> None:
    request = Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "server": ("localhost", 8000),
            "path": f"{root_path}/api/v1/jobs",
            "root_path": root_path,
            "query_string": query.encode(),
            "headers": [],
        }
    )
    assert next_page(request, "x y&") == address
    assert next_page(request, None) is None
    assert address_of(request, "/a") == f"{root_path}/a"
