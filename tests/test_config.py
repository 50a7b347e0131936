import pytest

from mtpipe.config import (
    FurnitureSettings,
    ReadingSettings,
    cache_limit_bytes,
    cpu_threads,
    furniture_settings,
    reading_settings,
)
from mtpipe.errors import ConfigError


@pytest.mark.parametrize("value", ["2GB", "0", "-1", "²", "1.5", "9" * 10, "١"])
@pytest.mark.parametrize(
    ("variable", "read"), [("MTPIPE_CACHE_MB", cache_limit_bytes), ("MTPIPE_THREADS", cpu_threads)]
)
def test_what_is_no_number_is_refused(monkeypatch, variable, read, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=variable) as caught:
        read()
    assert caught.value.hint


def test_numbers_are_taken(monkeypatch):
    monkeypatch.setenv("MTPIPE_CACHE_MB", "20")
    monkeypatch.setenv("MTPIPE_THREADS", " 3 ")
    assert cache_limit_bytes() == 20_000_000
    assert cpu_threads() == 3
    monkeypatch.setenv("MTPIPE_CACHE_MB", "")
    monkeypatch.delenv("MTPIPE_THREADS")
    assert cache_limit_bytes() == 1_000_000_000
    assert cpu_threads() >= 1


SETTINGS = FurnitureSettings(drop_text=("^Werbung", "x y"), wording=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestFurniture:
    """An option goes before the environment, and that before the file."""

    def test_nothing_is_set(self, folder):
        assert furniture_settings() == FurnitureSettings()

    def test_the_file(self, folder):
        (folder / "mtpipe.toml").write_text(
            '[furniture]\nwording = false\ndrop-text = ["^Werbung", "x y"]\n[other]\na = 1\n'
        )
        assert furniture_settings() == SETTINGS
        assert furniture_settings(wording=True).wording
        assert furniture_settings(drop_text=["z"]).drop_text == ("z",)
        assert furniture_settings(keep_text=["z"]).drop_text == SETTINGS.drop_text

    def test_the_environment(self, folder, monkeypatch):
        (folder / "mtpipe.toml").write_text('[furniture]\nwording = true\ndrop_text = "z"\n')
        monkeypatch.setenv("MTPIPE_WORDING", "0")
        monkeypatch.setenv("MTPIPE_DROP_TEXT", "^Werbung\n\n x y ")
        assert furniture_settings() == SETTINGS
        assert furniture_settings(drop_text=["q"]).drop_text == ("q",)

    def test_another_file(self, folder, monkeypatch):
        (folder / "mine.toml").write_text('[furniture]\nkeep-selector = [".lead"]\n')
        monkeypatch.setenv("MTPIPE_CONFIG", "mine.toml")
        assert furniture_settings().keep_selector == (".lead",)
        monkeypatch.setenv("MTPIPE_CONFIG", "none.toml")
        with pytest.raises(ConfigError, match=r"none\.toml, which isn't there"):
            furniture_settings()

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("[furniture", "mtpipe.toml: "),
            ("furniture = 1", "isn't a table"),
            ("[furniture]\nkeep = 1", "has no setting keep"),
            ("[furniture]\nwording = 1", "wording isn't true or false"),
            ("[furniture]\ndrop-text = [1]", "drop-text isn't a list of strings"),
            ("[furniture]\ndrop-text = false", "drop-text isn't a list of strings"),
            ("[furniture]\ndrop-text = ['']", "would match everything"),
            (b"[furniture]\n# \xff", "mtpipe.toml: "),
        ],
    )
    def test_what_is_wrong_in_the_file_is_told(self, folder, content, message):
        (folder / "mtpipe.toml").write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
        with pytest.raises(ConfigError, match=message):
            furniture_settings()

    def test_what_is_wrong_elsewhere_is_told(self, folder, monkeypatch):
        with pytest.raises(ConfigError, match="would match everything"):
            furniture_settings(drop_text=[""])
        monkeypatch.setenv("MTPIPE_WORDING", "no")
        with pytest.raises(ConfigError, match="neither 0 nor 1"):
            furniture_settings()


class TestReading:
    """The limits of a page: the environment goes before the file."""

    def test_nothing_is_set(self, folder):
        assert reading_settings() == ReadingSettings(page_seconds=10, page_mb=512)

    def test_the_file(self, folder):
        (folder / "mtpipe.toml").write_text("[reading]\npage-seconds = 5\npage_mb = 300\n")
        assert reading_settings() == ReadingSettings(page_seconds=5, page_mb=300)

    def test_the_environment(self, folder, monkeypatch):
        (folder / "mtpipe.toml").write_text("[reading]\npage-seconds = 5\npage-mb = 300\n")
        monkeypatch.setenv("MTPIPE_PAGE_SECONDS", "60")
        assert reading_settings() == ReadingSettings(page_seconds=60, page_mb=300)
        monkeypatch.setenv("MTPIPE_PAGE_SECONDS", "0")
        monkeypatch.setenv("MTPIPE_PAGE_MB", "200")
        assert reading_settings() == ReadingSettings(page_seconds=0, page_mb=200)

    @pytest.mark.parametrize("name", ["MTPIPE_PAGE_SECONDS", "MTPIPE_PAGE_MB"])
    @pytest.mark.parametrize("value", ["-1", "1.5", "x", "00"])
    def test_a_variable_that_is_no_number(self, folder, monkeypatch, name, value):
        monkeypatch.setenv(name, value)
        with pytest.raises(ConfigError, match=name):
            reading_settings()

    @pytest.mark.parametrize(
        "content",
        ["page-seconds = -1", "page-mb = 0", "page-mb = 1.5", "page-mb = true", "pages = 1"],
    )
    def test_a_file_that_is_wrong(self, folder, content):
        (folder / "mtpipe.toml").write_text(f"[reading]\n{content}\n")
        with pytest.raises(ConfigError, match=r"page-mb|page-seconds|no setting pages"):
            reading_settings()
