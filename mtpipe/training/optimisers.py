"""The optimisers of a training run, by its schedule, and what they gain from the processor."""

import torch
from torch import nn
from transformers import MarianMTModel

from mtpipe.training.model import matrices, trainable
from mtpipe.training.muon import Muon
from mtpipe.training.settings import Schedule


def make_optimisers(
    model: MarianMTModel, schedule: Schedule, device: str
) -> dict[str, torch.optim.Optimizer]:
    """The optimisers, under the names that checkpoints have for them."""
    rest = trainable(model)
    optimisers: dict[str, torch.optim.Optimizer] = {}

    def adamw(label: str, parameters: list[nn.Parameter], rate: float, eps: float = 1e-9) -> None:
        optimisers[label] = torch.optim.AdamW(
            parameters, lr=rate, betas=(0.9, 0.98), eps=eps, weight_decay=0.0, fused=True
        )

    if schedule.output_rate:
        output = model.lm_head.weight
        rest = {name: p for name, p in rest.items() if p is not output}
        # Rows of rare tokens have tiny gradients, which a smaller eps would blow up.
        adamw("output", [output], schedule.output_rate, eps=1e-5)
    if schedule.encoder_rate:
        encoder = {name: p for name, p in rest.items() if name.startswith("model.encoder.")}
        rest = {name: p for name, p in rest.items() if name not in encoder}
        adamw("encoder", list(encoder.values()), schedule.encoder_rate)
    if schedule.muon_rate:
        under_muon = {name: p for name, p in matrices(model).items() if name in rest}
        rest = {name: p for name, p in rest.items() if name not in under_muon}
        optimisers["muon"] = Muon(
            under_muon.values(),
            lr=schedule.muon_rate,
            weight_decay=schedule.weight_decay,
            dtype=torch.bfloat16 if has_bf16(device) else torch.float32,
        )
    adamw("adamw", list(rest.values()), schedule.adam_rate)
    return optimisers


def has_bf16(device: str) -> bool:
    """Whether bf16 is faster than float32 here: a GPU with it, or a CPU with AVX512-BF16 or AMX.

    Without such instructions bf16 products are emulated, and much slower.
    """
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16"))
