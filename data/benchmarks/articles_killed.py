"""Kill ``mtpipe translate`` at ten random moments, rerun it each time, and count what is done twice.

The articles are those of ``translate_articles.py``. The output of the last run is compared with that
of a run that nothing disturbed and that had no cache. Every sentence that the engine is given is
written down, so that it shows how many it got again after a kill: what was in the engine when the
process died can't be saved (a batch a thread at work, and two that wait), everything else should be.

    python data/benchmarks/articles_killed.py ../shared/eval/translate --articles 200
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from translate_articles import write_articles

COMMAND = """
import os, sys
from mtpipe.engines.ctranslate import CTranslateEngine
submit = CTranslateEngine.submit
log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def logged(self, batch, options):
    os.write(log, "".join(f"{options}\\t{' '.join(row)}\\n" for row in batch).encode())
    return submit(self, batch, options)
CTranslateEngine.submit = logged
from mtpipe.cli import main
sys.exit(main(sys.argv[2:]))
"""


def start(
    log: Path, source: Path, output: Path, home: Path, *options: str
) -> "subprocess.Popen[bytes]":
    """Start a run."""
    command = [
        *(sys.executable, "-c", COMMAND, str(log), "--quiet", "translate", str(source)),
        *("-o", str(output), "--to", "en", "--model", "starter", "--device", "cpu", *options),
    ]
    return subprocess.Popen(command, env={**os.environ, "MTPIPE_HOME": str(home)})


def given(log: Path) -> list[str]:
    """What the engine was given."""
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def main() -> None:
    """Run it all and print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--beam", default="4")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)  # noqa: S311 - not for secrets
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home, source = folder / "home", folder / "in.jsonl"
        home.mkdir()
        write_articles(arguments.folder, source, arguments.articles, ["de", "fr"])
        beam = ("--beam", arguments.beam)
        whole, killed = folder / "whole.jsonl", folder / "killed.jsonl"
        started = time.monotonic()
        if start(folder / "whole.log", source, whole, home, "--no-cache", *beam).wait():
            raise SystemExit("the run without a disturbance failed")
        seconds = time.monotonic() - started
        log = folder / "killed.log"
        again: list[int] = []
        kills = 0
        while True:
            before = set(given(log))
            count = len(given(log))
            process = start(log, source, killed, home, *beam)
            try:
                # Runs get a tenth of the whole time on average, after a second to start.
                limit = 1 + rng.uniform(0, 2 * seconds / arguments.kills)
                code = process.wait(None if kills == arguments.kills else limit)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills, code = kills + 1, None
            again.append(sum(row in before for row in given(log)[count:]))
            if code is not None:
                break
        report = {
            "articles": arguments.articles,
            "seconds_undisturbed": round(seconds, 1),
            "kills": kills,
            "output_is_equal": killed.read_bytes() == whole.read_bytes(),
            "sentences_given_to_the_engine": len(given(folder / "whole.log")),
            "given_again_after_each_kill": again[1:],
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
