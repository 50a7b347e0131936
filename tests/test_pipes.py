"""A process ends with the one that gives it orders, whatever it computes."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes have no signals there")

BUSY = """
import sys, time
from mtpipe.pipes import ending_with
with ending_with(sys.stdin.buffer):
    print("busy", flush=True)
    while True:
        pass
"""
DONE = """
import sys
from mtpipe.pipes import ending_with
with ending_with(sys.stdin.buffer):
    pass
print("done", flush=True)
print(sys.stdin.buffer.read())
"""


def started(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def test_the_end_of_the_pipe_ends_what_computes() -> None:
    with started(BUSY) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == b"busy\n"
        process.stdin.close()
        assert process.wait(20) != 0


def test_a_pipe_that_was_closed_before_ends_it_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUSY], input=b"", capture_output=True, check=False, timeout=60
    )
    assert done.stdout in (b"", b"busy\n")


def test_afterwards_its_end_is_only_an_end() -> None:
    with started(DONE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"done\n"
        output, _ = process.communicate(b"order", timeout=60)
        assert output == b"b'order'\n"
