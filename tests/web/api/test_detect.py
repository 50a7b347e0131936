from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.web.settings import ServeSettings
from tests.web.api.answers import DETECTION
from tests.web.fakes import FakePool

DETECT = "/api/v1/detect"
PAGE = {"html": "<p>The bridge.</p>"}
TEXT = {"text": "Le pont."}


def test_the_answer_is_the_record(client: TestClient, pool: FakePool) -> None:
    answer = client.post(DETECT, json={"candidate": PAGE, "original": TEXT})
    assert (answer.status_code, answer.json()) == (200, DETECTION)
    [asked] = pool.asked("detect")
    assert asked == {
        "candidate": {"data": b"<p>The bridge.</p>", "name": "page.html", "charset": "utf-8"},
        "original": {"text": "Le pont."},
        "use_archive": False,
        "translate": False,
        "prior": None,
        "within_days": None,
        "report": False,
    }


def test_a_report_comes_where_it_is_asked_for(client: TestClient) -> None:
    answer = client.post(DETECT, json={"candidate": PAGE, "report": True}).json()
    assert answer == {**DETECTION, "report_html": "<html>"}


@pytest.mark.parametrize(
    ("further", "is_searched"),
    [
        pytest.param({}, True, id="by default"),
        pytest.param({"use_archive": False}, False, id="not wanted"),
        pytest.param({"original": TEXT}, False, id="an original"),
    ],
)
def test_the_archive_is_searched_where_no_original_is_given(
    client: TestClient, pool: FakePool, further: dict[str, Any], is_searched: bool
) -> None:
    client.post(DETECT, json={"candidate": TEXT, "prior": 0.01, "within_days": 3, **further})
    [asked] = pool.asked("detect")
    assert (asked["use_archive"], asked["prior"], asked["within_days"]) == (is_searched, 0.01, 3)


class TestWithoutArchive:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> ServeSettings:
        return ServeSettings(home=tmp_path / "serve")

    def test_nothing_is_searched(self, client: TestClient, pool: FakePool) -> None:
        assert client.post(DETECT, json={"candidate": TEXT}).status_code == 200
        assert not pool.asked("detect")[0]["use_archive"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        pytest.param({"candidate": TEXT, "prior": 1}, "body.prior", id="certain"),
        pytest.param({"candidate": TEXT, "prior": 0}, "body.prior", id="never"),
        pytest.param({"candidate": TEXT, "within_days": -1}, "body.within_days", id="days"),
        pytest.param({"candidates": [TEXT]}, "body.candidate", id="many"),
    ],
)
def test_wrong_fields_are_named(client: TestClient, body: dict[str, Any], where: str) -> None:
    answer = client.post(DETECT, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == where


def test_long_pages_are_told_of_jobs(client: TestClient) -> None:
    answer = client.post(DETECT, json={"candidate": {"html": "a" * 3000}})
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:mtpipe:problem:too-long")
