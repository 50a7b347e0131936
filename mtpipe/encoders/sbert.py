"""LaBSE or any other sentence-transformers model as encoder (extra ``encoders``)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtpipe._optional import require
from mtpipe.errors import ModelNotFound

_BATCH = 64


class SentenceTransformerEncoder:
    """A sentence-transformers model; the weights are fetched on first use and then kept.

    Only safetensors weights are read and no code of the model's repository is run.

    Args:
        name: hub id (``sentence-transformers/LaBSE``), its last part, or a folder.

    Raises:
        DependencyMissing: sentence-transformers isn't installed.
        ModelNotFound: there is no such model, or it can't be fetched.
    """

    def __init__(self, name: str) -> None:
        library = require("sentence_transformers", extra="encoders")
        self.name = name
        try:
            self._model = library.SentenceTransformer(
                name, trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
        except (OSError, ValueError) as exc:
            raise ModelNotFound(
                f"no sentence-transformers model {name!r}: {exc}",
                hint="give a hub id such as sentence-transformers/LaBSE, or a folder",
            ) from exc

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, shape (texts, dimensions)."""
        vectors = self._model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)
