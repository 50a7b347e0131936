"""Conversion of Marian models from Hugging Face's layout to CTranslate2's, with numpy alone.

CTranslate2's own converter loads the model with torch and transformers first. Reading the
safetensors directly spares users of the default engine both packages, and keeps the weights out
of the reach of changes in how transformers ties them. The result is the same file, byte for byte
(a test compares the two), but for the range of int8 weights, see :data:`INT8_RANGE`.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtpipe.errors import ConfigError, ModelCorrupt
from mtpipe.models.cards import InstalledModel, sha256_of
from mtpipe.models.marian import Vocabulary, Weights, read_model, sizes_of, vocabularies
from mtpipe.models.plain_files import ANOTHER_COPY
from mtpipe.types.choices import Quantization

INT8_RANGE = 95
"""Largest int8 weight of a row; CTranslate2's own converter takes 127.

Processors without VNNI add two products of 8 bits each up in 16 bits, which large ones exceed. On
one of them (AVX2 only) the starter's chrF2 on every sixth line of flores-dev was 41.52 with 127,
41.70 with 95, 41.80 with 80 and 41.55 with 63, which can't exceed anything; 80 is too coarse for
very small models.
"""

FOLDER_NOTE = "folder.txt"
"""The file beside the conversions of a folder of the user's that says which folder it is."""

_STAMP = "sha256.txt"
_LOADED = ("model.bin", "config.json", "*vocabulary.*")
"""What CTranslate2 loads of a conversion."""
_TURN = Lock()
"""Held while converting: a second thread finds done what the first one does."""


def converted(model: InstalledModel, variant: Quantization) -> Path:
    """The folder of a model's CTranslate2 form, converted now unless it is there already.

    A form of other weights, or one that was damaged since, is converted anew. Any number of
    threads and processes may ask for the same one.

    Raises:
        ModelCorrupt: the model's files can't be read as a Marian model.
        ConfigError: the folder for converted models can't be written.
    """
    directory = model.variant_directory(variant)
    with _TURN:
        if not _is_current(model, directory):
            convert(model, variant, anew=False)
        if model.converted is None:
            _note_folder(model, directory.parent / FOLDER_NOTE)
    return directory


def convert(model: InstalledModel, variant: Quantization, *, anew: bool = True) -> Path:
    """Convert a model, replacing an earlier conversion, and return the folder of the result.

    Args:
        model: to convert.
        variant: weight format.
        anew: replace what another process has made of the same weights meanwhile, too, which may
            be in use by now.

    Raises:
        ModelCorrupt: the model's files aren't those of its card, or no Marian model.
        ConfigError: the folder for converted models can't be written.
    """
    model.verify()
    directory = model.variant_directory(variant)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f"{variant}-", dir=directory.parent))
    except OSError as exc:
        raise ConfigError(
            f"can't write converted models to {directory.parent}: {exc.strerror}",
            hint="set MTPIPE_HOME to a folder that you may write to",
        ) from exc
    try:
        spec = _model_spec(model.directory)
        spec.validate()
        _optimise(spec, variant)
        spec.save(str(scratch))
        (scratch / _STAMP).write_text(_stamp(model, scratch))
        if anew or not _is_current(model, directory):
            shutil.rmtree(directory, ignore_errors=True)
            scratch.rename(directory)
    except OSError as exc:
        # Another process may have converted the same model meanwhile; its result serves.
        if not _is_current(model, directory):
            raise ConfigError(
                f"can't write the converted model to {directory}: {exc.strerror}",
                hint="free some space, or set MTPIPE_HOME to another disk",
            ) from exc
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return directory


def is_made_of(model: InstalledModel, directory: Path) -> bool:
    """Whether a conversion says that it was made of the weights that a model should have."""
    try:
        weights, _, maximum = (directory / _STAMP).read_text().split()
        return weights == model.stated_sha256 and maximum == str(INT8_RANGE)
    except (OSError, ValueError, ModelCorrupt):
        return False


def _note_folder(model: InstalledModel, note: Path) -> None:
    folder = str(model.directory.resolve())
    with suppress(OSError, ValueError):  # it is for upkeep only
        if not note.is_file() or note.read_text("utf-8") != folder:
            note.write_text(folder, "utf-8")


def _is_current(model: InstalledModel, directory: Path) -> bool:
    try:
        return (directory / _STAMP).read_text() == _stamp(model, directory)
    except (OSError, ValueError):
        return False


def _stamp(model: InstalledModel, directory: Path) -> str:
    """What a conversion is known by: the sha256 of the weights it was made from, and of its own."""
    files = sorted(path for name in _LOADED for path in directory.glob(name))
    listed = "".join(f"{path.name} {sha256_of(path)}\n" for path in files)
    own = hashlib.sha256(listed.encode()).hexdigest()
    return f"{model.weights_sha256}\n{own}\n{INT8_RANGE}\n"


def _optimise(spec: Any, variant: Quantization) -> None:
    """Bring the weights into the format of the variant."""
    from ctranslate2.specs.model_spec import NumpyVariable

    layers = [layer for layer in _layers(spec) if hasattr(layer, "weight_scale")]
    exact = [
        None if isinstance(each.weight, str) else each.weight.numpy().copy() for each in layers
    ]
    spec.optimize(quantization=variant.value)
    if variant is not Quantization.INT8:
        return
    for layer, weights in zip(layers, exact, strict=True):
        # A layer that shares another one's weights has their name.
        if weights is None or isinstance(layer.weight, str):
            continue
        largest = np.abs(weights).max(axis=1, keepdims=True)  # [rows x 1]
        scale = INT8_RANGE / np.where(largest == 0, INT8_RANGE, largest)
        layer.weight = NumpyVariable(np.rint(weights * scale).astype(np.int8))
        layer.weight_scale = NumpyVariable(scale[:, 0].astype(np.float32))


def _layers(spec: Any) -> Iterator[Any]:
    """A specification and all within it."""
    from ctranslate2.specs.model_spec import LayerSpec

    yield spec
    for value in vars(spec).values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, LayerSpec):
                yield from _layers(part)


class _Filler:
    """Copies layers of a Marian model into CTranslate2's specs.

    Args:
        weights: by their name in Hugging Face's layout.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def linear(self, spec: Any, *names: str) -> None:
        """One layer, or several on the same input side by side."""
        spec.weight = np.concatenate([self._weights[f"{name}.weight"] for name in names])
        spec.bias = np.concatenate([self._weights[f"{name}.bias"] for name in names])

    def norm(self, spec: Any, name: str) -> None:
        spec.gamma = self._weights[f"{name}.weight"]
        spec.beta = self._weights[f"{name}.bias"]

    def attention(self, spec: Any, name: str, *, is_self: bool) -> None:
        query, key, value = (f"{name}.{part}_proj" for part in ("q", "k", "v"))
        if is_self:
            self.linear(spec.linear[0], query, key, value)
        else:
            self.linear(spec.linear[0], query)
            self.linear(spec.linear[1], key, value)
        self.linear(spec.linear[-1], f"{name}.out_proj")
        self.norm(spec.layer_norm, f"{name}_layer_norm")

    def layer(self, spec: Any, name: str, *, is_decoder: bool) -> None:
        self.attention(spec.self_attention, f"{name}.self_attn", is_self=True)
        if is_decoder:
            self.attention(spec.attention, f"{name}.encoder_attn", is_self=False)
        self.linear(spec.ffn.linear_0, f"{name}.fc1")
        self.linear(spec.ffn.linear_1, f"{name}.fc2")
        self.norm(spec.ffn.layer_norm, f"{name}.final_layer_norm")

    def embeddings(self, spec: Any, source_size: int, target_size: int) -> None:
        """Tables, tied or not; the last row, <pad>, is left out.

        It stands for the zero embedding that CTranslate2 starts the decoder from by itself, and
        left out it can't be generated either.
        """
        weights = self._weights
        shared = weights.get("model.shared.weight")
        encoder = weights.get("model.encoder.embed_tokens.weight", shared)
        decoder = weights.get("model.decoder.embed_tokens.weight", shared)
        output = weights.get("lm_head.weight", decoder)
        if encoder is None or decoder is None or output is None:
            raise KeyError("model.shared.weight")
        spec.encoder.embeddings[0].weight = encoder[:source_size]
        spec.decoder.embeddings.weight = decoder[:target_size]
        spec.decoder.projection.weight = output[:target_size]
        bias = weights.get("final_logits_bias")
        if bias is not None and bias.any():
            spec.decoder.projection.bias = bias.reshape(-1)[:target_size]
        spec.decoder.start_from_zero_embedding = True


def _model_spec(directory: Path) -> Any:
    """Fill CTranslate2's description of a transformer with a Marian model's weights."""
    from ctranslate2.specs import Activation, TransformerSpec

    activations = {
        "relu": Activation.RELU,
        "swish": Activation.SWISH,
        "silu": Activation.SWISH,
        "gelu": Activation.GELU,
    }
    config, weights = read_model(directory)
    source_tokens, target_tokens = map(
        _tokens, vocabularies(sizes_of(config, directory), directory)
    )
    filler = _Filler(weights)
    try:
        layers = int(config["encoder_layers"]), int(config["decoder_layers"])
        width = int(config["d_model"])
        spec = TransformerSpec.from_config(
            layers,
            int(config["encoder_attention_heads"]),
            pre_norm=False,
            activation=activations[config["activation_function"]],
        )
        positions = position_tables(config, weights)
        for name, part in (("encoder", spec.encoder), ("decoder", spec.decoder)):
            part.scale_embeddings = width**0.5 if config.get("scale_embedding") else 1.0
            part.position_encodings.encodings = positions[name]
            for number, layer in enumerate(part.layer):
                filler.layer(layer, f"model.{name}.layers.{number}", is_decoder=name == "decoder")
        filler.embeddings(spec, len(source_tokens), len(target_tokens))
    except (KeyError, ValueError, IndexError, TypeError) as exc:
        raise ModelCorrupt(
            f"{directory} doesn't hold a Marian model that can be converted: {exc!r}",
            hint=ANOTHER_COPY,
        ) from exc
    spec.register_source_vocabulary(source_tokens)
    spec.register_target_vocabulary(target_tokens)
    spec.config.eos_token = "</s>"
    spec.config.unk_token = "<unk>"
    spec.config.decoder_start_token = "</s>"
    return spec


def position_tables(config: Mapping[str, Any], weights: Weights) -> Weights:
    """Position encodings of "encoder" and "decoder", [positions x width] each.

    Marian's are sinusoids, which nobody stores; a model whose encoder began elsewhere
    (:mod:`mtpipe.training.warm_start`) stores those that it has learnt.

    Raises:
        ValueError: a table has another shape than the config says.
        KeyError: the config doesn't say it.
    """
    shape = int(config["max_position_embeddings"]), int(config["d_model"])
    tables = {
        side: weights.get(f"model.{side}.embed_positions.weight", sinusoids(*shape))
        for side in ("encoder", "decoder")
    }
    for side, table in tables.items():
        if table.shape != shape:
            raise ValueError(f"the {side}'s positions are {table.shape}, not {shape}")
    return tables


def sinusoids(positions: int, width: int) -> NDArray[np.float32]:
    """Marian's position encodings, [positions x width]: sines in the first half, then cosines.

    Vaswani et al. 2017, not interleaved.
    """
    rates = np.power(10_000, 2 * np.arange((width + 1) // 2) / width)
    angles = np.arange(positions)[:, None] / rates[None, :]  # [positions x half]
    return np.concatenate([np.sin(angles), np.cos(angles[:, : width // 2])], axis=1).astype(
        np.float32
    )


def _tokens(vocabulary: Vocabulary) -> list[str]:
    """Tokens in the order of their ids, without the closing <pad>."""
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    if tokens[-1] == "<pad>":
        tokens.pop()
    return tokens
