"""A small Ray cluster on this machine, one for a module of tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[None]:
    """Ray, started in this process; calls with ``Resources(address=None)`` use it, as it is there.

    Skips where the extra isn't installed.
    """
    ray = pytest.importorskip("ray")
    from mtpipe.scale.cluster import quiet

    quiet()
    # Workers find the tests' own modules.
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path.cwd()), before]))
    ray.init(
        address="local",  # whatever other cluster there is on this machine
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=150 * 2**20,
        logging_level="ERROR",
    )
    try:
        yield
    finally:
        ray.shutdown()
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
