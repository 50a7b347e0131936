"""The starter's quality doesn't fall unnoticed.

The floor is tied to the very lines it was measured on. After a deliberate change of the weights or
of the decoding, measure anew and write the new figure here; it may only rise.
"""

import hashlib
import itertools
from pathlib import Path

import pytest
import sacrebleu

from mtpipe.engines.base import DecodingOptions
from mtpipe.models.cards import InstalledModel
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.types import Direction, Language

LINES = 100
DATA_SHA256 = "243b53620b0d0f9224f39308c56fee46775b3f1660e33ef95a16fd634aa6128c"
MEASURED_CHRF2 = 50.2
TOLERANCE = 0.5
"""Int8 kernels differ between processors: a word here and there."""


def test_mean_chrf2_of_six_directions(shared: Path, starter: InstalledModel) -> None:
    folder = shared / "eval" / "translate"
    texts = {
        language: (folder / f"flores-dev.{language}")
        .read_text(encoding="utf-8")
        .splitlines()[:LINES]
        for language in Language
    }
    digest = hashlib.sha256("\n".join(itertools.chain(*texts.values())).encode()).hexdigest()
    if digest != DATA_SHA256:
        pytest.skip("flores-dev isn't the one that the floor was measured on")
    system = load_system(starter, options=DecodingOptions(beam=1), device="cpu")
    scores = []
    for source, target in itertools.permutations(Language, 2):
        hypotheses = system.translate(texts[source], Direction(source, target))
        hypothesis_texts = [hypothesis.text for hypothesis in hypotheses]
        scores.append(sacrebleu.corpus_chrf(hypothesis_texts, [texts[target]]).score)
    assert sum(scores) / len(scores) >= MEASURED_CHRF2 - TOLERANCE
