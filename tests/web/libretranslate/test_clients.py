"""Unmodified clients of LibreTranslate against a server as people start it."""

import json
import urllib.request
from collections.abc import Iterator

import httpx
import pytest
from deep_translator import LibreTranslator
from libretranslatepy import LibreTranslateAPI

TEXT = "Die neue Brücke wurde am Montag eröffnet."


@pytest.fixture
def api(server: str) -> LibreTranslateAPI:
    return LibreTranslateAPI(server)


@pytest.fixture
def http(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server, timeout=60) as client:
        yield client


class TestLibretranslatepy:
    """https://pypi.org/project/libretranslatepy/"""

    def test_translate(self, api: LibreTranslateAPI) -> None:
        assert "bridge" in api.translate(TEXT, "de", "en")

    def test_translate_several_lines(self, api: LibreTranslateAPI) -> None:
        lines = api.translate(f"{TEXT}\n\n  Guten Morgen. Guten Abend.", "auto", "en").split("\n")
        assert "bridge" in lines[0]
        assert lines[1] == ""
        assert lines[2].startswith("  Good morning. Good ")

    def test_with_a_key_that_nobody_asked_for(self, server: str) -> None:
        assert LibreTranslateAPI(server, "any").translate("Guten Morgen.", "de", "en")

    def test_detect(self, api: LibreTranslateAPI) -> None:
        [best, *_] = api.detect(TEXT)
        assert best["language"] == "de"
        assert best["confidence"] > 90

    def test_languages(self, api: LibreTranslateAPI) -> None:
        found = {one["code"]: set(one["targets"]) for one in api.languages()}
        assert found["de"] >= {"en", "fr"}
        assert {one["name"] for one in api.languages()} == {"English", "French", "German"}

    def test_a_language_that_is_not_there(self, api: LibreTranslateAPI) -> None:
        with pytest.raises(urllib.request.HTTPError) as refused:  # type: ignore[attr-defined]
            api.translate("Hola", "es", "en")
        with refused.value as answer:
            assert answer.code == 400
            assert json.load(answer) == {"error": "es is not supported"}


class TestDeepTranslator:
    """https://pypi.org/project/deep-translator/"""

    @pytest.fixture
    def translator(self, server: str) -> LibreTranslator:
        return LibreTranslator(source="German", target="en", api_key="any", custom_url=server)

    def test_translate(self, translator: LibreTranslator) -> None:
        assert "bridge" in translator.translate(TEXT)

    def test_translate_batch(self, translator: LibreTranslator) -> None:
        first, second = translator.translate_batch([TEXT, "Guten Morgen & guten Abend."])
        assert "bridge" in first
        assert "&" in second

    def test_supported_languages(self, translator: LibreTranslator) -> None:
        assert {"English", "German", "French"} <= set(translator.get_supported_languages())

    def test_any_language(self, server: str) -> None:
        translator = LibreTranslator(source="auto", target="fr", api_key="any", custom_url=server)
        assert translator.translate(TEXT).startswith("Le ")


def test_a_status_of_mastodon(http: httpx.Client) -> None:
    mention = (
        '<span class="h-card" translate="no"><a href="https://a.example/@b" class="u-url mention">'
        "@<span>b</span></a></span>"
    )
    tag = '<a href="https://a.example/tags/berlin" class="mention hashtag">#<span>Berlin</span></a>'
    status = f"<p>{mention} Die <b>neue Brücke</b> ist offen &amp; schön.</p><p>Aus {tag}</p>"
    answer = http.post(
        "/translate",
        json={
            "q": [status, "Ja", "Guten Morgen."],
            "source": "auto",
            "target": "en",
            "format": "html",
            "api_key": None,
        },
    ).json()
    translated, yes, morning = answer["translatedText"]
    assert translated.startswith(f"<p>{mention} The <b>new bridge</b>")
    assert "&amp;" in translated
    assert translated.endswith(f"{tag}</p>")
    assert (yes, morning) == ("Yes", "Good morning.")
    assert [one["language"] for one in answer["detectedLanguage"]] == ["de"] * 3


def test_a_file(http: httpx.Client) -> None:
    page = f'<html lang="de"><body><p title="Tag">{TEXT}</p><script>let a = "Tag"</script></body>'
    answer = http.post(
        "/translate_file",
        data={"source": "de", "target": "en"},
        files={"file": ("seite.html", page.encode())},
    )
    fetched = http.get(answer.json()["translatedFileUrl"])
    assert fetched.text.startswith('<html lang="de"><body><p title="Tag">The')
    assert fetched.text.endswith('</p><script>let a = "Tag"</script></body>')
    assert "bridge" in fetched.text


def test_alternatives(http: httpx.Client) -> None:
    answer = http.post(
        "/translate", json={"q": TEXT, "source": "de", "target": "en", "alternatives": 3}
    ).json()
    assert 1 <= len(set(answer["alternatives"])) <= 3
    assert answer["translatedText"] not in answer["alternatives"]


def test_text_in_a_language_that_is_not_there(http: httpx.Client) -> None:
    dutch = "Dit is een Nederlandse tekst over het weer in de winter van dit jaar."
    answer = http.post("/translate", json={"q": dutch, "source": "auto", "target": "en"})
    assert (answer.status_code, answer.json()) == (400, {"error": "nl is not supported"})
