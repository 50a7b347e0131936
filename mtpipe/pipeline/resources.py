"""What measuring rests on and ships with mtpipe, loaded once per process and shared by all threads.

Not for models, which are many and large: see :mod:`mtpipe.pipeline.systems`.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TypeVar

from mtpipe.encoders.static import StaticEncoder
from mtpipe.lexicon.bigrams import Bigrams
from mtpipe.lexicon.pairs import Lexicon
from mtpipe.models.cards import bundled_directory

__all__ = ["bigrams", "encoder_directory", "lexicon", "lexicon_directory", "static_encoder"]

T = TypeVar("T")

_turn = RLock()  # else two threads that ask at the same moment would both load


def encoder_directory() -> Path:
    """The folder of the static encoder that ships."""
    return bundled_directory() / "encoder-static"


def lexicon_directory() -> Path:
    """The folder of the lexicon and the bigrams that ship."""
    return bundled_directory() / "lexicon"


def static_encoder() -> StaticEncoder:
    """The sentence encoder that ships.

    Raises:
        ModelError: it is missing or damaged.
    """
    return _loaded(StaticEncoder, encoder_directory())


def lexicon() -> Lexicon:
    """The lexicon that ships.

    Raises:
        ModelError: it is missing or damaged.
    """
    return _loaded(Lexicon, lexicon_directory())


def bigrams() -> Bigrams:
    """The bigrams that ship.

    Raises:
        ModelError: they are missing or damaged.
    """
    return _loaded(Bigrams, lexicon_directory())


def _loaded(kind: Callable[[Path], T], directory: Path) -> T:
    with _turn:
        loaded: T = _kept(kind, directory)
    return loaded


@cache
def _kept(kind: Callable[[Path], T], directory: Path) -> T:
    return kind(directory)
