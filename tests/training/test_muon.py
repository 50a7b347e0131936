"""Muon gives the same updates as torch's own, in the precision asked for."""

import pytest
import torch

from mtpipe.training.muon import Muon, orthogonalised


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4)], ids=str)
def test_singular_values_come_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    values = torch.linalg.svdvals(orthogonalised(torch.randn(3, *shape)))
    assert values.min() > 0.3
    assert values.max() < 1.3


def test_steps_like_torchs_own() -> None:
    torch.manual_seed(1)
    start = [torch.randn(shape) for shape in ((8, 8), (8, 8), (8, 20), (20, 8))]
    ours = [value.clone().requires_grad_() for value in start]
    theirs = [value.clone().requires_grad_() for value in start]
    optimisers = (
        Muon(ours, lr=0.02, weight_decay=0.1, dtype=torch.bfloat16),
        torch.optim.Muon(theirs, lr=0.02, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
    )
    for seed in range(3):
        for parameters, optimiser in zip((ours, theirs), optimisers, strict=True):
            torch.manual_seed(seed)
            for parameter in parameters:
                parameter.grad = torch.randn(parameter.shape)
            optimiser.step()
    for one, other, before in zip(ours, theirs, start, strict=True):
        assert not torch.allclose(one, before, atol=1e-2)
        assert torch.allclose(one, other, atol=5e-3)
    # A run that torch's own optimiser began can be taken up.
    optimisers[0].load_state_dict(optimisers[1].state_dict())


def test_a_matrix_without_a_gradient_stays() -> None:
    matrix = torch.eye(3).requires_grad_()
    Muon([matrix], lr=1.0, weight_decay=1.0, dtype=torch.float32).step()
    assert torch.equal(matrix, torch.eye(3))
