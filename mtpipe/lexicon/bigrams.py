"""How expected a text is: bigrams of the static encoder's pieces, for each language.

How they are made: :mod:`mtpipe.training.bigrams`.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtpipe.errors import ModelCorrupt
from mtpipe.lexicon.pairs import LOG_STEPS, Ids, read_arrays
from mtpipe.types import Language

BIGRAMS = "bigrams.safetensors"


class Bigrams:
    """The loaded bigrams of all languages.

    Args:
        directory: folder with ``bigrams.safetensors``.

    Raises:
        ModelNotFound: the file is missing.
        ModelCorrupt: it can't be read.
    """

    def __init__(self, directory: Path) -> None:
        arrays = read_arrays(directory / BIGRAMS)
        try:
            self._tables = {
                language: {
                    name: arrays[f"{language}.{name}"]
                    for name in (
                        "keys", "log_prob", "log_backoff", "log_continuation", "log_unigram",
                    )
                }
                for language in Language
            }  # fmt: skip
            self._log_unigrams = {
                language: table["log_unigram"].astype(np.float32)
                for language, table in self._tables.items()
            }
        except KeyError as exc:
            raise ModelCorrupt(f"{directory / BIGRAMS} holds no bigrams: {exc}") from exc

    def log_unigram(self, language: Language) -> NDArray[np.float32]:
        """Natural log-probability of each piece by itself, shape (pieces + 2,)."""
        return self._log_unigrams[language]

    def log_probs(self, pieces: Ids, language: Language) -> NDArray[np.float32]:
        """Natural log-probability of each piece after the one before, and of the end.

        Args:
            pieces: ids of a sentence's pieces.
            language: of the sentence.

        Returns:
            Shape (pieces + 1,).
        """
        table = self._tables[language]
        size = len(table["log_unigram"])  # behind the pieces stand begin and end of a sentence
        line = np.concatenate(([size - 2], pieces, [size - 1]))
        before, after = line[:-1], line[1:]
        wanted = (before * size + after).astype(np.uint32)
        found = np.minimum(np.searchsorted(table["keys"], wanted), len(table["keys"]) - 1)
        backed_off = table["log_backoff"][before].astype(np.float32) + table["log_continuation"][
            after
        ].astype(np.float32)
        stored = table["log_prob"][found] * np.float32(-1 / LOG_STEPS)
        return np.where(table["keys"][found] == wanted, stored, backed_off)
