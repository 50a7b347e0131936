"""Cross-entropy over a large vocabulary, fast where memory is slow.

The gradient of softmax cross-entropy is known as soon as the logits are, so both are computed
chunk by chunk in the forward pass: [256 x vocabulary] stays in the cache. Of the full
[positions x vocabulary] matrices only the gradient is ever held, once, in the dtype of the
hidden states; the logits and their softmax are not.
"""

from typing import Any

import torch
from torch import Tensor, nn

CHUNK = 256
"""Positions a chunk: 256 x 16,000 in bf16 are 8 MB."""


class _ChunkedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        target: Tensor,
        smoothing: float,
    ) -> Tensor:
        positions, vocabulary = hidden.shape[0], weight.shape[0]
        # Whole chunks only, filled up with zero states, whose gradient comes to nothing: kernels
        # are compiled for every new shape.
        fill = -positions % CHUNK
        hidden = nn.functional.pad(hidden, (0, 0, 0, fill))
        target = nn.functional.pad(target, (0, fill))
        hidden_grad = torch.empty_like(hidden)
        logits_grad = hidden.new_empty(positions + fill, vocabulary)
        loss = hidden.new_zeros((), dtype=torch.float32)
        for start in range(0, positions + fill, CHUNK):
            rows = slice(start, start + CHUNK)
            logits = hidden[rows] @ weight.t()  # [chunk x vocabulary]
            if bias is not None:
                logits += bias
            wanted = target[rows, None]  # [chunk x 1]
            log_normaliser = torch.logsumexp(logits, dim=1, keepdim=True).float()
            losses = log_normaliser - logits.gather(1, wanted).float()
            loss += losses[: positions - start].sum()
            grad = torch.softmax(logits, dim=1)
            if smoothing:
                grad -= smoothing / vocabulary
            grad.scatter_add_(1, wanted, grad.new_full(wanted.shape, smoothing - 1.0))
            torch.mm(grad, weight, out=hidden_grad[rows])
            logits_grad[rows] = grad
        ctx.save_for_backward(hidden_grad[:positions], logits_grad.t() @ hidden)
        ctx.positions = positions
        return loss / positions

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        hidden_grad, weight_grad = ctx.saved_tensors
        scale = grad_outputs[0] / ctx.positions
        return hidden_grad * scale, weight_grad * scale, None, None, None


def cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    target: Tensor,
    *,
    bias: Tensor | None = None,
    smoothing: float = 0.0,
) -> Tensor:
    """Mean cross-entropy of a softmax layer, in nats per position.

    Args:
        hidden: decoder states, [positions x width], at least one.
        weight: output embeddings, [vocabulary x width], of the same dtype.
        target: wanted ids, [positions].
        bias: constant added to the logits, [vocabulary]; gets no gradient.
        smoothing: label smoothing (Szegedy et al. 2016) in the gradient only: the value that is
            returned stays the plain cross-entropy, comparable between settings.

    Returns:
        A scalar of dtype float32 that can be differentiated once.
    """
    loss: Tensor = _ChunkedCrossEntropy.apply(hidden, weight, bias, target, smoothing)  # type: ignore[no-untyped-call]
    return loss
