"""The throughput that ``mtpipe bench`` gives against a plain loop on raw CTranslate2.

Both translate the same lines with the same model, beam, threads and batches, in alternation, each
in a fresh process:

* ``bench``: the measuring process of ``mtpipe bench``, given the very orders that it gives it;
* ``raw``: sentencepiece's encode, ``ctranslate2.Translator.translate_batch``, sentencepiece's
  decode, and a clock around the three; nothing of mtpipe's engines, so no reranking either, which
  a model with a ``rerank_weight`` has in the other.

    python data/benchmarks/bench_throughput.py --lines-file FILE --direction de-en
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import sentencepiece

from mtpipe.config import cpu_threads
from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.ctranslate import search_arguments
from mtpipe.engines.decoder import BATCH_TOKENS
from mtpipe.models.cards import find_installed
from mtpipe.models.convert import converted
from mtpipe.pipeline.bench.contenders import Options, contenders
from mtpipe.pipeline.bench.process import Worker
from mtpipe.pipeline.bench.speed import SpeedPlan, sample
from mtpipe.pipeline.bench.units import Unit
from mtpipe.pipeline.systems.choosing import decoding_options
from mtpipe.types import Direction
from mtpipe.types.benchmark import BenchmarkTask
from mtpipe.types.choices import Quantization


def time_bench(unit: Unit, arguments: argparse.Namespace) -> float:
    """Lines a second as the benchmark has them."""
    options = Options(device="cpu", beams=[arguments.beam], threads=arguments.threads)
    [contender] = contenders(BenchmarkTask.TRANSLATE, [arguments.model], options)
    each = sample(BenchmarkTask.TRANSLATE, unit, SpeedPlan(lines=arguments.lines, singles=1))
    with Worker() as worker:
        worker.call("load", task="translate", specification=contender.specification)
        timed = worker.call("time", data=each.data, warm_up=each.warm_up, singles=[])
    return float(each.items / timed["seconds"])


def time_raw(lines: list[str], arguments: argparse.Namespace) -> float:
    """Lines a second of the plain loop, in this process."""
    import ctranslate2

    model = find_installed(arguments.model)
    translator = ctranslate2.Translator(
        str(converted(model, Quantization.INT8)),
        device="cpu",
        inter_threads=arguments.threads,
        intra_threads=1,
    )
    source, target = (
        sentencepiece.SentencePieceProcessor(model_file=str(model.directory / name))
        for name in ("source.spm", "target.spm")
    )
    tag = f">>{Direction.parse(arguments.direction).target.iso639_3}<<"
    options = decoding_options(model, DecodingOptions(beam=arguments.beam))

    def translate(some: list[str]) -> list[str]:
        tokens = [[tag, *pieces, "</s>"] for pieces in source.encode(some, out_type=str)]
        results = translator.translate_batch(
            tokens,
            **search_arguments(options),
            max_decoding_length=options.max_length(max(map(len, tokens))),
            max_batch_size=BATCH_TOKENS,
            batch_type="tokens",
            disable_unk=True,
            return_scores=True,
        )
        return [target.decode(result.hypotheses[0]) for result in results]

    translate(lines[:16])
    started = time.perf_counter()
    translate(lines)
    return len(lines) / (time.perf_counter() - started)


def main() -> None:
    """Run the comparison and print a JSON object; or, called by itself, the raw loop once."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--lines-file", type=Path, required=True)
    parser.add_argument("--direction", default="de-en")
    parser.add_argument("--lines", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--threads", type=int, default=cpu_threads())
    parser.add_argument("--model", default="starter")
    parser.add_argument("--raw", action="store_true", help="time the raw loop once, here")
    arguments = parser.parse_args()
    texts = arguments.lines_file.read_text(encoding="utf-8").splitlines()
    lines = list(dict.fromkeys(filter(str.strip, texts)))[: arguments.lines]
    if arguments.raw:
        print(time_raw(lines, arguments))
        return
    converted(find_installed(arguments.model), Quantization.INT8)
    unit = Unit(Direction.parse(arguments.direction), tuple(lines), (("",) * len(lines),))
    speeds: dict[str, list[float]] = {"bench": [], "raw": []}
    command = [sys.executable, __file__, *sys.argv[1:], "--raw"]
    for number in range(arguments.rounds):
        for name in ("bench", "raw") if number % 2 else ("raw", "bench"):
            if name == "bench":
                speeds[name].append(time_bench(unit, arguments))
            else:
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                speeds[name].append(float(done.stdout))
    ratios = [bench / raw for bench, raw in zip(speeds["bench"], speeds["raw"], strict=True)]
    report = {
        "lines": len(lines),
        "direction": arguments.direction,
        "beam": arguments.beam,
        "threads": arguments.threads,
        "lines_per_s": {name: [round(s, 1) for s in some] for name, some in speeds.items()},
        "bench_to_raw": {
            "median": round(statistics.median(ratios), 3),
            "least": round(min(ratios), 3),
            "most": round(max(ratios), 3),
        },
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
