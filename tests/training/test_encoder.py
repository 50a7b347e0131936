"""The static encoder's training on a toy language."""

import random

import numpy as np
import pytest
import sentencepiece
import torch

from mtpipe.encoders.static import StaticEncoder
from mtpipe.training import encoder as training
from mtpipe.training.encoder import EncoderRecipe, Phase, folding_rules, train_encoder


@pytest.fixture
def corpus(tmp_path):
    """Sentences of twenty words, each with one translation, in any order."""
    rng = random.Random(1)
    words = [
        ("".join(rng.choices("bdfgk", k=3)) + "a", "".join(rng.choices("mnprs", k=3)) + "o")
        for _ in range(20)
    ]
    rows = []
    for _ in range(600):
        chosen = rng.sample(words, 4)
        target = [french for _, french in chosen]
        rng.shuffle(target)
        rows.append(f"{' '.join(german for german, _ in chosen)}\t{' '.join(target)}\n")
    path = tmp_path / "de-fr.tsv"
    path.write_text("".join(rows))
    return path


def test_it_learns_which_words_belong_together(corpus, tmp_path):
    recipe = EncoderRecipe(
        pieces=300,
        dimensions=16,
        phases=(
            Phase(pairs=6_000, batch=64, runs=1, rate=2e-2),
            Phase(pairs=3_000, batch=32, runs=3, rate=1e-2),
        ),
    )
    train_encoder([corpus], tmp_path / "encoder", recipe)
    encoder = StaticEncoder(tmp_path / "encoder")
    pairs = [line.split("\t") for line in corpus.read_text().splitlines()[:100]]
    source, target = (encoder.encode([pair[side] for pair in pairs]) for side in (0, 1))
    cosines = source @ target.T
    assert (cosines.argmax(axis=1) == np.arange(100)).mean() > 0.9


def test_the_written_out_gradient_is_autograds():
    torch.manual_seed(1)
    sums = [torch.randn(6, 8, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    runs = [training._runs(side, 2) for side in sums]
    units = [torch.nn.functional.normalize(side, dim=1) for side in runs]
    scores = units[0] @ units[1].T / 0.5
    own = torch.arange(len(scores))
    loss = (
        torch.nn.functional.cross_entropy(scores, own)
        + torch.nn.functional.cross_entropy(scores.T, own)
    ) / 2
    loss.backward()
    with torch.no_grad():
        value, *gradients = training._contrast(runs[0].float(), runs[1].float(), [], 0.5)
        ours = [training._runs_gradient(gradient, 2) for gradient in gradients]
    assert value == pytest.approx(loss.item(), rel=0.02)
    for side, gradient in zip(sums, ours, strict=True):
        # The products are in bfloat16, of eight bits.
        assert torch.allclose(gradient.double(), side.grad, atol=0.02)


def test_rows_with_the_same_pieces_are_twins():
    ids = np.array([1, 2, 2, 1, 3, 3])
    groups = training._twins(ids, np.array([0, 2, 4, 5]))
    assert sorted(group.tolist() for group in groups) == [[0, 1], [2, 3]]


def test_case_and_sharp_s_are_folded():
    rules = folding_rules()
    assert (rules["É"], rules["ß"], rules["„"]) == ("é", "ss", '"')
    assert all(key != value for key, value in rules.items())


def test_pieces_cover_any_text(corpus, tmp_path):
    training.train_pieces(corpus.read_text().split(), tmp_path / "p.spm", size=290)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "p.spm"))
    assert pieces.unk_id() not in pieces.encode("Ünbekannt 漢")
