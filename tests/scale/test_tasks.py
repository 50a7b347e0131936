"""What workers are told."""

import math

import pytest

from mtpipe.config import FurnitureSettings
from mtpipe.errors import ConfigError
from mtpipe.scale.tasks import Resources, reading_signature


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 0},
        {"threads_per_worker": 0},
        {"rows_per_shard": 0},
        {"gpus_per_worker": -0.5},
        {"gpus_per_worker": 1.5},
        {"gpus_per_worker": math.nan},
        {"gpus_per_worker": math.inf},
    ],
    ids=str,
)
def test_numbers_that_cannot_be_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Resources(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("gpus", [0, 0.25, 1, 2])
def test_workers_may_share_a_gpu_or_have_several(gpus: float) -> None:
    assert Resources(gpus_per_worker=gpus).gpus_per_worker == gpus


def test_signatures_of_reading_tell_rules_and_languages_apart() -> None:
    plain = FurnitureSettings()
    found = [
        reading_signature(plain, None),
        reading_signature(plain, "de"),
        reading_signature(FurnitureSettings(wording=False), None),
        reading_signature(FurnitureSettings(drop_text=("a",)), None),
        reading_signature(FurnitureSettings(keep_text=("a",)), None),
    ]
    assert len(set(found)) == len(found)
    assert "furniture" not in found[0]
