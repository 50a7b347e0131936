"""Time ``mtpipe translate --lines`` against bare CTranslate2 and against transformers.

Three ways to translate the same lines with the same model, beam, threads and batch size, in
alternation, several rounds; the median of each is compared:

* ``mtpipe``: the command as a user runs it, from the start of the process to its end, text in and
  text out (tokenising, ordering, writing, and reranking where the model's card asks for it included);
* ``raw``: ``ctranslate2.Translator.translate_batch`` on the lines already tokenised, in a process
  that is already warm: model loaded, one batch translated before the clock starts;
* ``transformers``: the command again, with ``--engine transformers``, from start to end, once. With
  ``--reference-lines`` on fewer lines, its whole time scaled up, which flatters the others.

    python data/benchmarks/translate_lines.py --lines-file FILE --from de --to en
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.ctranslate import search_arguments
from mtpipe.engines.decoder import BATCH_TOKENS
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.models.cards import find_installed
from mtpipe.models.convert import converted
from mtpipe.pipeline.systems.choosing import decoding_options
from mtpipe.types import Direction
from mtpipe.types.choices import Quantization


def time_command(
    source: Path, direction: Direction, arguments: argparse.Namespace, engine: str
) -> float:
    """Seconds of the whole command."""
    command = [
        *(sys.executable, "-m", "mtpipe", "--quiet", "translate", "--lines"),
        *("--from", direction.source.value, "--to", direction.target.value),
        *("--model", arguments.model, "--beam", str(arguments.beam)),
        *("--threads", str(arguments.threads), "--engine", engine, "--device", "cpu"),
    ]
    with source.open("rb") as stdin, tempfile.TemporaryFile() as stdout:
        started = time.perf_counter()
        subprocess.run(command, stdin=stdin, stdout=stdout, check=True)
        return time.perf_counter() - started


class Raw:
    """CTranslate2 alone, model loaded and lines tokenised."""

    def __init__(
        self, lines: list[str], direction: Direction, arguments: argparse.Namespace
    ) -> None:
        import ctranslate2

        model = find_installed(arguments.model)
        self.translator = ctranslate2.Translator(
            str(converted(model, Quantization.INT8)),
            device="cpu",
            inter_threads=arguments.threads,
            intra_threads=1,
        )
        self.tokens = Tokenizer(model.directory).encode(lines, direction)
        options = decoding_options(model, DecodingOptions(beam=arguments.beam))
        self.options = {
            **search_arguments(options),
            "max_decoding_length": options.max_length(max(map(len, self.tokens))),
            "max_batch_size": BATCH_TOKENS,
            "batch_type": "tokens",
            "disable_unk": True,
            "return_scores": True,
        }
        self.translator.translate_batch(self.tokens[:32], **self.options)

    def time(self) -> float:
        """Seconds of one call over all lines."""
        started = time.perf_counter()
        self.translator.translate_batch(self.tokens, **self.options)
        return time.perf_counter() - started


def main() -> None:
    """Run the comparison and print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--lines-file", type=Path, required=True)
    parser.add_argument("--from", dest="source", default="de")
    parser.add_argument("--to", dest="target", default="en")
    parser.add_argument("--lines", type=int, default=2_000)
    parser.add_argument("--reference-lines", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--model", default="starter")
    arguments = parser.parse_args()
    direction = Direction.parse(f"{arguments.source}-{arguments.target}")
    texts = arguments.lines_file.read_text(encoding="utf-8").splitlines()
    # The first column, where there are two; from the start again, where there are too few lines.
    texts = [text.split("\t")[0] for text in texts]
    lines = [texts[i % len(texts)] for i in range(arguments.lines)]
    raw = Raw(lines, direction, arguments)
    seconds: dict[str, list[float]] = {"mtpipe": [], "raw": [], "transformers": []}
    with tempfile.TemporaryDirectory() as folder:
        whole, part = Path(folder) / "whole.txt", Path(folder) / "part.txt"
        whole.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        reference = lines[: arguments.reference_lines]
        part.write_text("".join(f"{line}\n" for line in reference), encoding="utf-8")
        time_command(whole, direction, arguments, "ctranslate2")  # the disk's cache is warm now
        for round_number in range(arguments.rounds):
            seconds["mtpipe"].append(time_command(whole, direction, arguments, "ctranslate2"))
            seconds["raw"].append(raw.time())
            if round_number == 0 and reference:
                taken = time_command(part, direction, arguments, "transformers")
                seconds["transformers"].append(taken * len(lines) / len(reference))
    medians = {name: statistics.median(times) for name, times in seconds.items() if times}
    report = {
        "lines": len(lines),
        "direction": str(direction),
        "beam": arguments.beam,
        "threads": arguments.threads,
        "seconds": {name: [round(t, 2) for t in times] for name, times in seconds.items()},
        "share_of_raw_speed": round(medians["raw"] / medians["mtpipe"], 3),
    }
    if reference:
        report["times_as_fast_as_transformers"] = round(
            medians["transformers"] / medians["mtpipe"], 2
        )
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
