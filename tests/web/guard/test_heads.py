import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize(
    ("charset", "status"),
    [
        *[(each, 200) for each in ("utf-8", '"UTF-8"', "iso-8859-1", "us-ascii")],
        *[
            (each, 415)
            for each in ("punycode", '"punycode"', "idna", "undefined", "hex", "no-such")
        ],
    ],
)
def test_a_form_is_in_an_encoding_of_texts(client: TestClient, charset: str, status: int) -> None:
    """Some others take minutes, or raise what nobody expects."""
    headers = {"Content-Type": f"multipart/form-data; charset={charset}; boundary=X"}
    answer = client.post("/api/v1/length", content=b"--X--\r\n", headers=headers)
    assert answer.status_code == status, answer.text
