"""What ships is loaded once per process."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from mtpipe.errors import ModelNotFound
from mtpipe.pipeline import resources
from mtpipe.pipeline.archive.encoder import ArchiveEncoder
from mtpipe.pipeline.detect.measuring import Instruments


def test_whoever_asks_gets_the_same() -> None:
    one, other = Instruments(), Instruments()
    assert one.encoder is other.encoder is ArchiveEncoder().encoder is resources.static_encoder()
    assert one.lexicon is other.lexicon
    assert one.bigrams is other.bigrams


def test_threads_that_ask_at_once_load_once() -> None:
    loaded: list[Path] = []
    start = Barrier(8)

    def kind(directory: Path) -> Path:
        loaded.append(directory)
        return directory

    def ask(_: int) -> Path:
        start.wait(60)
        return resources._loaded(kind, Path("somewhere"))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {Path("somewhere")}
    assert loaded == [Path("somewhere")]


def test_what_is_missing_is_asked_for_again() -> None:
    tries: list[Path] = []

    def missing(directory: Path) -> Path:
        tries.append(directory)
        raise ModelNotFound(f"there is no {directory}")

    for _ in range(2):
        with pytest.raises(ModelNotFound):
            resources._loaded(missing, Path("nowhere"))
    assert len(tries) == 2
