"""The figures that a training run is steered by: greedy translations of the development set."""

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mtpipe.models.cards import model_at
from mtpipe.training.development import Pairs
from mtpipe.types import Direction


def evaluator(
    development: dict[Direction, Pairs], device: str, threads: int
) -> Callable[[Path], dict[str, float]]:
    """What the trainer calls: greedy translation of the development set, chrF2 and BLEU.

    The figures are by direction (``chrf/de-en``) and their means (``chrf``).
    """
    import sacrebleu
    import torch

    from mtpipe.engines.base import DecodingOptions  # noqa: PLC0415
    from mtpipe.pipeline.systems.loading import load_system  # noqa: PLC0415

    def evaluate(directory: Path) -> dict[str, float]:
        # Of the candidate's own folder, and gone with it: the next one has other weights.
        conversions = directory / "ctranslate2"
        system = load_system(
            replace(model_at(directory), converted=conversions),
            options=DecodingOptions(beam=1),
            device=device,
            threads=threads,
        )
        scores: dict[str, float] = {}
        for direction, pairs in development.items():
            sources, references = zip(*pairs, strict=True)
            texts = [hypothesis.text for hypothesis in system.translate(sources, direction)]
            chrf = sacrebleu.corpus_chrf(texts, [references]).score
            scores[f"chrf/{direction}"] = chrf
            scores[f"bleu/{direction}"] = sacrebleu.corpus_bleu(texts, [references]).score
        for figure in ("chrf", "bleu"):
            values = [value for name, value in scores.items() if name.startswith(f"{figure}/")]
            scores[figure] = math.fsum(values) / len(values)
        shutil.rmtree(conversions, ignore_errors=True)
        # CTranslate2 leaves OpenMP with one thread for the whole process, torch's steps included.
        torch.set_num_threads(threads)
        return scores

    return evaluate
