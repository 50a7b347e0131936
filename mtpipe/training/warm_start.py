"""A Marian model that begins with what a pretrained encoder knows of words.

Encoder and embeddings are the pretrained one's, the decoder is fresh (Rothe et al. 2020,
"Leveraging pre-trained checkpoints for sequence generation tasks"). What that is worth was measured
on the starter: see models/starter/README.md. The result is a stock Marian model, whose learnt
positions stand in its file. Mind that transformers' own ``save_pretrained`` leaves them out; use
:func:`mtpipe.training.model.save_model`.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from transformers import MarianMTModel

from mtpipe.errors import ConfigError
from mtpipe.training.batches import Batch
from mtpipe.training.model import MAX_POSITIONS, new_model
from mtpipe.training.pretrained import PretrainedEncoder
from mtpipe.training.settings import Architecture
from mtpipe.training.vocabulary import EOS, UNK, Vocabulary

_USUAL_POSITIONS = slice(1, 64)
"""Positions whose mean stands for "some position"."""

_NEVER = -100.0
"""Logit of what never follows."""

_STATES = 20_000
"""Encoder states from which their means and deviations are estimated."""

_LAYER = {
    "self_attn.q_proj": "attention.self.query",
    "self_attn.k_proj": "attention.self.key",
    "self_attn.v_proj": "attention.self.value",
    "self_attn.out_proj": "attention.output.dense",
    "self_attn_layer_norm": "attention.output.LayerNorm",
    "fc1": "intermediate.dense",
    "fc2": "output.dense",
    "final_layer_norm": "output.LayerNorm",
}
"""Parts of a Marian encoder layer, and what BERT calls them."""


def warm_model(
    encoder: PretrainedEncoder,
    architecture: Architecture,
    vocabulary: Vocabulary,
    batches: Sequence[Batch],
) -> MarianMTModel:
    """Make a Marian model whose encoder and embeddings are a pretrained encoder's.

    Args:
        encoder: to begin from; its width, heads and feed-forward size become the model's.
        architecture: says how many of its layers are taken, from the first on, and how many the
            decoder has.
        vocabulary: of the model, of one joint tokenizer; pieces that the encoder doesn't have
            begin somewhere near the mean.
        batches: of the training: how often each token is wanted, and what the encoder's states
            are like, is estimated from them. Some hundreds are plenty.

    Raises:
        ConfigError: the encoder has fewer layers, or the vocabulary isn't a joint one or has
            nothing of the encoder's.
    """
    check_layers(encoder, architecture)
    check_vocabulary(encoder, vocabulary)
    model = _frame(encoder, architecture, len(vocabulary))
    rows = _rows(encoder, vocabulary)
    wanted = _wanted(batches, vocabulary)
    with torch.no_grad():
        _set_embeddings(model, encoder, vocabulary, rows, batches)
        for number in range(architecture.encoder_layers):
            _set_layer(model.model.encoder.layers[number], encoder, number)
        # What a word's frequency explains needn't be learnt, and a decoder whose last states are
        # twice as large tells words apart from the first step: each saves thousands of steps.
        model.final_logits_bias[0] = (wanted / wanted.sum()).log()
        # Whoever computes with all tokens would otherwise find <pad> likelier than most words.
        model.final_logits_bias[0, vocabulary.pad] = _NEVER
        model.model.decoder.layers[-1].final_layer_norm.weight.fill_(2.0)
        _standardise_states(model, batches)
    return model


def check_layers(encoder: PretrainedEncoder, architecture: Architecture) -> None:
    """See that an encoder has as many layers as a model is to have of it.

    Raises:
        ConfigError: it hasn't.
    """
    if architecture.encoder_layers > encoder.layers:
        raise ConfigError(
            f"{encoder.name} has {encoder.layers} layers, not {architecture.encoder_layers}",
            hint="lower encoder_layers in the recipe's [architecture]",
        )


def check_vocabulary(encoder: PretrainedEncoder, vocabulary: Vocabulary) -> int:
    """See that a vocabulary is one for a model that begins with an encoder.

    Returns:
        How many of its tokens the encoder has a vector of.

    Raises:
        ConfigError: it isn't.
    """
    hint = "leave vocabulary out, and one is cut from the encoder's"
    if not vocabulary.is_joint:
        raise ConfigError(
            "with an encoder to begin with, source and target must share one vocabulary", hint=hint
        )
    known = {piece.text for piece in encoder.pieces if piece.row >= 0} & vocabulary.ids.keys()
    if not known:
        raise ConfigError(f"the vocabulary has no piece of {encoder.name}'s", hint=hint)
    return len(known)


def _frame(
    encoder: PretrainedEncoder, architecture: Architecture, vocabulary_size: int
) -> MarianMTModel:
    """A fresh model of the right shape, with one embedding table a side."""
    sizes = Architecture(
        d_model=encoder.width,
        ffn_dim=encoder.ffn_dim,
        heads=encoder.heads,
        encoder_layers=architecture.encoder_layers,
        decoder_layers=architecture.decoder_layers,
    )
    return new_model(
        sizes,
        vocabulary_size,
        activation_function=encoder.activation,
        max_position_embeddings=min(MAX_POSITIONS, len(encoder.positions)),
        # An encoder's words learn at the encoder's small rates, a decoder's at large ones.
        share_encoder_decoder_embeddings=False,
        decoder_vocab_size=vocabulary_size,
    )


def _rows(encoder: PretrainedEncoder, vocabulary: Vocabulary) -> Tensor:
    """Row of each token's vector in the encoder, [vocabulary]; -1 for those that it lacks."""
    of_piece = {piece.text: piece.row for piece in encoder.pieces}
    rows = torch.full((len(vocabulary),), -1)
    for token, number in vocabulary.ids.items():
        rows[number] = of_piece.get(token, -1)
    rows[vocabulary.ids[EOS]], rows[vocabulary.ids[UNK]] = encoder.end, encoder.unknown
    return rows


def _fold_norm(encoder: PretrainedEncoder, rows: Tensor) -> tuple[Tensor, Tensor]:
    """What is left of BERT's embeddings once their norm is folded in, which Marian doesn't have.

    The norm of a sum of word, type and position is taken as the sum of two parts: the word's,
    normed as at an average position, and what the position adds to an average word.

    Args:
        encoder: whose embeddings.
        rows: of the words that are wanted.

    Returns:
        Vectors of those words, [rows x width], and of the positions, [positions x width].
    """
    gain = encoder.weights["embeddings.LayerNorm.weight"]
    offset = encoder.weights["embeddings.LayerNorm.bias"]
    kind = encoder.weights["embeddings.token_type_embeddings.weight"][0]
    usual = encoder.positions[_USUAL_POSITIONS]
    shifts = encoder.positions - usual.mean(0)
    # The variance that positions add on average belongs to what is divided by.
    added = shifts[_USUAL_POSITIONS].var(1, unbiased=False).mean()
    sums = encoder.words[rows] + kind + usual.mean(0)
    deviations = (sums.var(1, unbiased=False, keepdim=True) + added + 1e-12).sqrt()
    words = (sums - sums.mean(1, keepdim=True)) / deviations * gain + offset
    shifts = shifts - shifts.mean(1, keepdim=True)
    return words, shifts / deviations.mean() * gain


def _set_embeddings(
    model: MarianMTModel,
    encoder: PretrainedEncoder,
    vocabulary: Vocabulary,
    rows: Tensor,
    batches: Sequence[Batch],
) -> None:
    has_row = rows >= 0
    folded, positions = _fold_norm(
        encoder, torch.cat([rows[has_row], torch.tensor([encoder.begin])])
    )
    words, first = folded[:-1], folded[-1]
    mean = words.mean(0)
    table = mean + 0.5 * words.std(0) * torch.randn(len(rows), encoder.width)
    table[has_row] = words
    # A target tag stands where the encoder had its first token, and leans towards its language.
    leanings = _leanings(batches, vocabulary, table)
    for number in vocabulary.tags.values():
        table[number] = first + leanings.get(number, 0)
    table = (table - mean) / model.config.d_model**0.5  # Marian multiplies it again
    table[vocabulary.pad] = 0
    encoder_side, decoder_side = model.model.encoder, model.model.decoder
    encoder_side.embed_tokens.weight.copy_(table)
    decoder_side.embed_tokens.weight.copy_(table)
    # The mean that was taken off all words comes back with the positions.
    table_length = model.config.max_position_embeddings
    encoder_side.embed_positions.weight.copy_((positions + mean)[:table_length])
    # Sinusoids as large as they are would drown words that are smaller than fresh ones.
    decoder_side.embed_positions.weight.mul_(0.5)


def _leanings(batches: Sequence[Batch], vocabulary: Vocabulary, table: Tensor) -> dict[int, Tensor]:
    """By target tag that is used, how the mean of its language's words differs from all languages'."""
    means: dict[int, Tensor] = {}
    for tag in vocabulary.tags.values():
        counts = torch.zeros(len(table))
        for batch in batches:
            targets = batch.target[batch.source[:, 0] == tag]
            counts += torch.from_numpy(np.bincount(targets.ravel(), minlength=len(table)))
        counts[vocabulary.pad] = counts[vocabulary.eos] = 0
        if counts.any():
            means[tag] = counts @ table / counts.sum()
    overall = torch.stack(list(means.values())).mean(0) if means else 0
    return {tag: mean - overall for tag, mean in means.items()}


def _set_layer(layer: nn.Module, encoder: PretrainedEncoder, number: int) -> None:
    for ours, theirs in _LAYER.items():
        part = layer.get_submodule(ours)
        for kind in ("weight", "bias"):
            value = encoder.weights[f"encoder.layer.{number}.{theirs}.{kind}"]
            part.get_parameter(kind).copy_(value)


def _wanted(batches: Sequence[Batch], vocabulary: Vocabulary) -> Tensor:
    """How often each token is a target, [vocabulary], half a time at least."""
    counts = torch.full((len(vocabulary),), 0.5)
    for batch in batches:
        counts += torch.from_numpy(np.bincount(batch.target.ravel(), minlength=len(vocabulary)))
    counts[vocabulary.pad] = 0.5  # it only fills up
    return counts


def _standardise_states(model: MarianMTModel, batches: Sequence[Batch]) -> None:
    """Bring each channel of the encoder's output to mean 0 and deviation 1, as fresh ones have it.

    A pretrained encoder's last states have a large mean in common, which a decoder would have to
    learn to look past. The last norm's own weights take it off.
    """
    states: list[Tensor] = []
    model.eval()
    for batch in batches:
        source = torch.from_numpy(batch.source)
        mask = source != model.config.pad_token_id
        output = model.model.encoder(input_ids=source, attention_mask=mask)
        states.append(output.last_hidden_state[mask])
        if sum(map(len, states)) >= _STATES:
            break
    everything = torch.cat(states)
    mean, deviation = everything.mean(0), everything.std(0).clamp(min=1e-5)
    norm = model.model.encoder.layers[-1].final_layer_norm
    norm.weight.div_(deviation)
    norm.bias.sub_(mean).div_(deviation)
