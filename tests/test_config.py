import pytest

from mtpipe.config import cache_limit_bytes, cpu_threads
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
