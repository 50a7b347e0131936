import math

import pytest
import torch
from torch.nn import functional

from mtpipe.training.objective import CHUNK, cross_entropy, sampled_vocabulary

VOCABULARY, WIDTH = 37, 8


def made(positions, dtype=torch.float32):
    generator = torch.Generator().manual_seed(positions)
    hidden = torch.randn(positions, WIDTH, generator=generator, dtype=dtype)
    weight = torch.randn(VOCABULARY, WIDTH, generator=generator, dtype=dtype)
    bias = torch.randn(VOCABULARY, generator=generator, dtype=dtype)
    target = torch.randint(VOCABULARY, (positions,), generator=generator)
    return hidden.requires_grad_(), weight.requires_grad_(), bias, target


@pytest.mark.parametrize("positions", [1, 7, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 100])
@pytest.mark.parametrize("with_bias", [False, True], ids=["plain", "bias"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_value_and_gradients_are_torchs(positions, with_bias, smoothing):
    hidden, weight, bias, target = made(positions)
    bias = bias if with_bias else None
    loss = cross_entropy(hidden, weight, target, bias=bias, smoothing=smoothing)
    (3 * loss).backward()
    gradients = hidden.grad, weight.grad
    hidden.grad = weight.grad = None

    logits = functional.linear(hidden, weight, bias)
    (3 * functional.cross_entropy(logits, target, label_smoothing=smoothing)).backward()

    # Smoothing shapes the gradient; the value stays comparable.
    assert loss.item() == pytest.approx(functional.cross_entropy(logits, target).item(), rel=1e-5)
    torch.testing.assert_close(gradients[0], hidden.grad, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(gradients[1], weight.grad, rtol=1e-4, atol=1e-6)


def test_bf16_is_close():
    hidden, weight, _, target = made(300)
    rough = cross_entropy(hidden.bfloat16(), weight.bfloat16(), target)
    assert rough.dtype == torch.float32
    exact = functional.cross_entropy(hidden @ weight.t(), target)
    assert rough.item() == pytest.approx(exact.item(), rel=0.01)


def test_a_part_of_the_vocabulary_has_what_is_wanted_and_others_once() -> None:
    target = torch.tensor([5, 2, 5, 9])
    part, constants, places = sampled_vocabulary(target, 40, 6)
    assert len(part) == len(set(part.tolist())) == 3 + 6
    assert part[places].tolist() == target.tolist()
    assert constants.tolist() == pytest.approx([0.0] * 3 + [math.log(37 / 6)] * 6)


def test_all_of_the_vocabulary_is_the_plain_softmax() -> None:
    hidden, weight, _, target = made(20)
    part, constants, places = sampled_vocabulary(target, VOCABULARY, VOCABULARY)
    loss = cross_entropy(hidden, weight[part], places, bias=constants)
    assert loss.item() == pytest.approx(cross_entropy(hidden, weight, target).item(), rel=1e-5)


def test_a_part_stands_for_the_sum_over_all() -> None:
    hidden, weight, _, target = made(6)
    generator = torch.Generator().manual_seed(1)
    whole = (hidden @ weight.t()).exp().sum(dim=1)
    sums = torch.zeros(6)
    for _ in range(2_000):
        part, constants, _ = sampled_vocabulary(target, VOCABULARY, 8, generator=generator)
        sums += (hidden @ weight[part].t() + constants).exp().sum(dim=1).detach()
    torch.testing.assert_close(sums / 2_000, whole.detach(), rtol=0.05, atol=0.0)
