"""Ctrl-C ends what runs here after libraries in other languages were used: none keeps the signal."""

import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")

USED = {
    "lancedb": """
import tempfile, lancedb
rows = [{"vector": [float(n), 1.0], "id": n} for n in range(9)]
lancedb.connect(tempfile.mkdtemp()).create_table("t", rows).search([1.0, 1.0]).limit(2).to_list()
""",
    "fastwarc": """
import io
from fastwarc.warc import ArchiveIterator
list(ArchiveIterator(io.BytesIO(b"WARC/1.0\\r\\nWARC-Type: response\\r\\nContent-Length: 1\\r\\n\\r\\na\\r\\n\\r\\n")))
""",
}
WORK = {
    "Python": "while True: pass",
    "numpy": "a = numpy.ones((200, 200))\nwhile True: a @ a",
}


@pytest.mark.parametrize("work", WORK)
def test_interrupts_arrive(work: str) -> None:
    for module in USED:
        pytest.importorskip(module)
    code = "import numpy\n" + "".join(USED.values()) + f"print('ready', flush=True)\n{WORK[work]}"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert b"KeyboardInterrupt" in errors
