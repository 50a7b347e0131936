import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.web.api import router
from mtpipe.web.api.description import describe

DOCUMENT = describe(router.routes)
OPERATIONS = [
    pytest.param(operation, id=f"{method} {path}")
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


def test_it_is_served(client: TestClient) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.json()) == (200, DOCUMENT)


def test_it_is_of_the_api_only() -> None:
    assert all(path.startswith("/api/v1/") for path in DOCUMENT["paths"])
    assert describe(router.routes, root="/mt")["servers"] == [{"url": "/mt"}]


def test_every_reference_leads_somewhere() -> None:
    names = {part.split('"')[0] for part in json.dumps(DOCUMENT).split("#/components/schemas/")[1:]}
    assert names <= set(DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations_are_described(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    for parameter in operation.get("parameters", ()):
        assert parameter["description"]
    for status, response in operation["responses"].items():
        if int(status) >= 400:
            assert list(response["content"]) == ["application/problem+json"]


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_schemas_are_described(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    for field, value in schema.get("properties", {}).items():
        assert value.get("description"), f"{name}.{field}"


def test_operations_have_names_of_their_own() -> None:
    names = [
        operation["operationId"]
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
    ]
    assert len(set(names)) == len(names)
    assert "make_job" in names
