"""What the names of engines say."""

import pytest

from mtpipe.detection.engine_names import (
    LARGE_LANGUAGE_MODEL,
    TRANSLATION_MODEL,
    engine_family,
    generation_of,
)


@pytest.mark.parametrize(
    ("engine", "family"),
    [
        ("bergamot-tiny", "bergamot"),
        ("bergamot-base-memory", "bergamot"),
        ("NLLB_MBR_BLEU", "nllb"),
        ("NLLB_Greedy", "nllb"),
        ("GPT4-5shot", "gpt4"),
        ("ONLINE-A", "online-a"),
        ("Online-A", "online-a"),
        ("ONLINE-B", "online-b"),
        ("talp_upc", "talp_upc"),
        ("alpha-1", "alpha"),
        ("google", "google"),
        ("", ""),
    ],
)
def test_versions_of_an_engine_are_one(engine: str, family: str) -> None:
    assert engine_family(engine) == family


@pytest.mark.parametrize(
    ("engine", "generation"),
    [
        ("GPT4-5shot", LARGE_LANGUAGE_MODEL),
        ("gpt4", LARGE_LANGUAGE_MODEL),
        ("Lan-BridgeMT", LARGE_LANGUAGE_MODEL),
        ("Llama-3-70B", LARGE_LANGUAGE_MODEL),
        ("Claude-3.5", LARGE_LANGUAGE_MODEL),
        ("google", TRANSLATION_MODEL),
        ("ONLINE-W", TRANSLATION_MODEL),
        ("", ""),
    ],
)
def test_generations(engine: str, generation: str) -> None:
    assert generation_of(engine) == generation
    assert generation_of(engine_family(engine)) == generation
