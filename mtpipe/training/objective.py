"""Cross-entropy over a large vocabulary, fast where memory is slow.

The gradient of softmax cross-entropy is known as soon as the logits are, so both are computed
chunk by chunk in the forward pass: [256 x vocabulary] stays in the cache. Of the full
[positions x vocabulary] matrices only the gradient is ever held, once, in the dtype of the
hidden states; the logits and their softmax are not.
"""

import math
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


def sampled_vocabulary(
    target: Tensor, size: int, count: int, *, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """A part of the vocabulary that stands for all of it in one step's softmax.

    The tokens that a batch wants, and others drawn evenly from the rest. Each drawn one counts
    for several that weren't, by a constant added to its logit, so that the sum under the fraction
    is right on average (importance sampling, as in Jean et al. 2015, "On using very large target
    vocabulary").

    Args:
        target: wanted ids, [positions].
        size: of the vocabulary.
        count: others to draw; all there are, if they are fewer.
        generator: of the drawing.

    Returns:
        The ids of the part, [part]; the constant of each, [part]; where each wanted id is in the
        part, [positions].
    """
    wanted, places = torch.unique(target, return_inverse=True)
    others = torch.ones(size, dtype=torch.bool, device=target.device)
    others[wanted] = False
    rest = others.nonzero()[:, 0]
    order = torch.randperm(len(rest), generator=generator, device=target.device)
    drawn = rest[order[:count]]
    constants = torch.zeros(len(wanted) + len(drawn), device=target.device)
    if len(drawn):
        constants[len(wanted) :] = math.log(len(rest) / len(drawn))
    return torch.cat([wanted, drawn]), constants, places
