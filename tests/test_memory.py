import subprocess
import sys

ASKING = """
from mtpipe.memory import peak_bytes
print(peak_bytes())
held = b"x" * 200_000_000
del held
print(peak_bytes())
"""


def test_the_peak_is_of_this_process_and_stays() -> None:
    of_whoever_starts_it = b"x" * 100_000_000
    printed = subprocess.run(
        [sys.executable, "-c", ASKING], check=True, capture_output=True, text=True
    ).stdout
    before, after = map(int, printed.split())
    assert 1_000_000 < before < len(of_whoever_starts_it)
    assert 200_000_000 <= after < 300_000_000
