"""Muon, the optimiser of the weight matrices, in whatever precision the processor is fast at.

torch.optim.Muon orthogonalises in bf16 everywhere. Where a CPU has no instructions for it, that
takes several times as long as forward and backward pass together; see :class:`Muon`.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # Jordan et al. 2024: the steepest slope at zero
_ITERATIONS = 5
_MOMENTUM = 0.95


class Muon(torch.optim.Optimizer):
    """Steepest descent under the spectral norm (Jordan et al. 2024), with Nesterov's momentum.

    Updates have the scale of AdamW's, 0.2 * sqrt(larger dimension) (Liu et al. 2025). The state
    is that of torch.optim.Muon. Matrices of one shape are orthogonalised together.

    Args:
        parameters: matrices, [rows x columns].
        lr: learning rate.
        weight_decay: decoupled.
        dtype: of the orthogonalisation; bf16 is precise enough.
    """

    def __init__(
        self, parameters: Iterable[Tensor], *, lr: float, weight_decay: float, dtype: torch.dtype
    ) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})
        self._dtype = dtype

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Update the matrices that have a gradient; a closure isn't supported."""
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    alike[parameter.shape].append(parameter)
            for parameters in alike.values():
                self._update(parameters, group)

    def _update(self, parameters: list[Any], group: dict[str, Any]) -> None:
        directions: list[Tensor] = []
        for parameter in parameters:
            state = self.state[parameter]
            if not state:
                state["momentum_buffer"] = torch.zeros_like(parameter)
            gradient = parameter.grad
            momentum = state["momentum_buffer"].lerp_(gradient, 1 - _MOMENTUM)
            directions.append(gradient.lerp(momentum, _MOMENTUM))
        updates = orthogonalised(torch.stack(directions).to(self._dtype))
        rate = group["lr"]
        scale = 0.2 * max(parameters[0].shape) ** 0.5
        for parameter, update in zip(parameters, updates, strict=True):
            parameter.mul_(1 - rate * group["weight_decay"])
            parameter.add_(update.to(parameter.dtype), alpha=-rate * scale)


def orthogonalised(matrices: Tensor) -> Tensor:
    """The nearest orthogonal matrices, roughly: singular values end up around 0.7 to 1.2.

    Five Newton-Schulz iterations of a quintic polynomial.

    Args:
        matrices: [count x rows x columns].
    """
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    if tall:
        matrices = matrices.mT
    matrices = matrices / matrices.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(_ITERATIONS):
        gram = matrices @ matrices.mT  # [count x rows x rows]
        matrices = torch.baddbmm(
            matrices, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), matrices, beta=a
        )
    return matrices.mT if tall else matrices
