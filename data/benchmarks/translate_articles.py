"""Time ``mtpipe translate`` on articles against bare CTranslate2, and against its own warm cache.

Articles are made of a test set's sources, twelve consecutive lines each, a paragraph of three
lines; sets are read in turn until there are enough. In one run, on the same sentences, with the
same model, beam, threads and batch size:

* ``cold``: the command as a user runs it, from the start of the process to its end, articles (JSON
  lines, an article a line) in and JSON lines out, with an empty cache: reading, language
  identification, splitting, checks, repairs and writing included;
* ``raw``: ``ctranslate2.Translator.translate_batch`` on the distinct sentences that mtpipe decoded,
  already tokenised, model loaded and warm;
* ``warm``: the command again, into another file, with the cache of the first time.

Where other work disturbs the clock, the share by processor time tells more. Sentences that were
decoded again are not in ``raw``: what repairs cost is mtpipe's. The peak memory is the command's
own, as the system counts it.

    python data/benchmarks/translate_articles.py ../shared/eval/translate --articles 2000 --rounds 3
"""

import argparse
import itertools
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.ctranslate import search_arguments
from mtpipe.engines.decoder import BATCH_TOKENS
from mtpipe.engines.safety import is_translatable
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.models.cards import find_installed
from mtpipe.models.convert import converted
from mtpipe.pipeline.systems.choosing import decoding_options
from mtpipe.types import Direction
from mtpipe.types.choices import Quantization

LINES, PARAGRAPH_LINES = 12, 3


def sources(folder: Path, language: str) -> Iterator[str]:
    """Source lines of all sets from a language, each line once."""
    seen = set[str]()
    for path in sorted(folder.glob(f"*.{language}-*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            source = line.split("\t")[0]
            if source not in seen:
                seen.add(source)
                yield source


def write_articles(
    folder: Path, path: Path, articles: int, languages: list[str], *, most: int | None = None
) -> None:
    """Articles of twelve lines; where the lines run out, shuffled ones make further articles.

    Args:
        folder: with test sets.
        path: of the file to write.
        articles: their number.
        languages: of the articles.
        most: lines of a language to take; by default all.
    """
    rng = random.Random(0)  # noqa: S311 - not for secrets
    lines = {language: list(sources(folder, language))[:most] for language in languages}
    with path.open("w", encoding="utf-8") as file:
        written = 0
        for turn in itertools.count():
            for language in languages:
                if turn:
                    rng.shuffle(lines[language])
                for start in range(0, len(lines[language]) - LINES + 1, LINES):
                    if written == articles:
                        return
                    own = lines[language][start : start + LINES]
                    text = "\n\n".join(
                        " ".join(own[at : at + PARAGRAPH_LINES])
                        for at in range(0, LINES, PARAGRAPH_LINES)
                    )
                    record = {"id": str(written), "text": text, "language": language}
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
                    written += 1


Seconds = tuple[float, float]
"""By the clock, and of all processors together."""


def time_command(source: Path, output: Path, arguments: argparse.Namespace, home: Path) -> Seconds:
    """Seconds of the whole command."""
    command = [
        *(sys.executable, "-m", "mtpipe", "--quiet", "translate", str(source), "-o", str(output)),
        *("--to", arguments.target, "--model", arguments.model, "--beam", str(arguments.beam)),
        *("--threads", str(arguments.threads), "--device", "cpu"),
    ]
    started, before = time.perf_counter(), cpu_seconds(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env={**os.environ, "MTPIPE_HOME": str(home)})
    return (
        time.perf_counter() - started,
        cpu_seconds(resource.RUSAGE_CHILDREN) - before,
    )


def cpu_seconds(who: int) -> float:
    """Processor time that was used so far."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def decoded(output: Path) -> dict[Direction, list[str]]:
    """The distinct sentences that the model had to translate, by direction."""
    found: dict[Direction, dict[str, None]] = {}
    with output.open(encoding="utf-8") as file:
        for record in map(json.loads, file):
            direction = Direction.parse(f"{record['source_language']}-{record['language']}")
            for paragraph in record["paragraphs"]:
                for sentence in paragraph["sentences"]:
                    if is_translatable(sentence["source"]):
                        found.setdefault(direction, {})[sentence["source"]] = None
    return {direction: list(sentences) for direction, sentences in found.items()}


def time_raw(sentences: dict[Direction, list[str]], arguments: argparse.Namespace) -> Seconds:
    """Seconds of CTranslate2 alone, model loaded and sentences tokenised."""
    import ctranslate2

    model = find_installed(arguments.model)
    translator = ctranslate2.Translator(
        str(converted(model, Quantization.INT8)),
        device="cpu",
        inter_threads=arguments.threads,
        intra_threads=1,
    )
    tokenizer = Tokenizer(model.directory)
    options = decoding_options(model, DecodingOptions(beam=arguments.beam))
    tokens = [tokenizer.encode(texts, direction) for direction, texts in sentences.items()]

    def translate(rows: list[list[str]]) -> None:
        translator.translate_batch(
            rows,
            **search_arguments(options),
            max_decoding_length=options.max_length(max(map(len, rows))),
            max_batch_size=BATCH_TOKENS,
            batch_type="tokens",
            disable_unk=True,
            return_scores=True,
        )

    translate(tokens[0][:32])
    started, before = time.perf_counter(), cpu_seconds(resource.RUSAGE_SELF)
    for rows in tokens:
        translate(rows)
    return time.perf_counter() - started, cpu_seconds(resource.RUSAGE_SELF) - before


def main() -> None:
    """Run the comparison and print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="with test sets, NAME.SOURCE-TARGET.tsv")
    parser.add_argument("--articles", type=int, default=2_000)
    parser.add_argument("--from", dest="sources", nargs="+", default=["de"])
    parser.add_argument("--to", dest="target", default="en")
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--rounds", type=int, default=1, help="the clock of shared machines wavers")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_articles(arguments.folder, folder / "in.jsonl", arguments.articles, arguments.sources)
        write_articles(arguments.folder, folder / "one.jsonl", 1, arguments.sources)
        rounds = [measure_round(folder / str(n), arguments) for n in range(arguments.rounds)]
    shares = sorted(round_["share_of_raw_speed"] for round_ in rounds)
    report = {
        "articles": arguments.articles,
        "beam": arguments.beam,
        "threads": arguments.threads,
        "median_share_of_raw_speed": statistics.median(shares),
        "rounds": rounds,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }
    print(json.dumps(report, indent=1))


def measure_round(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Cold, raw and warm once each."""
    home = folder / "home"
    home.mkdir(parents=True)
    source = folder.parent / "in.jsonl"
    # The model is converted, and on its way to the disk's cache, before the clock starts.
    time_command(folder.parent / "one.jsonl", folder / "one.out", arguments, home)
    cold = time_command(source, folder / "cold.jsonl", arguments, home)
    sentences = decoded(folder / "cold.jsonl")
    raw = time_raw(sentences, arguments)
    warm = time_command(source, folder / "warm.jsonl", arguments, home)
    cold_output = (folder / "cold.jsonl").read_bytes()
    doubtful = {
        sentence["source"]
        for record in map(json.loads, cold_output.splitlines())
        for paragraph in record["paragraphs"]
        for sentence in paragraph["sentences"]
        if sentence.get("flags")
    }
    seconds = {"cold": cold, "raw": raw, "warm": warm}
    return {
        "distinct_sentences": {str(way): len(texts) for way, texts in sentences.items()},
        "of_them_decoded_again": len(doubtful),
        "seconds": {name: round(taken[0], 2) for name, taken in seconds.items()},
        "cpu_seconds": {name: round(taken[1], 2) for name, taken in seconds.items()},
        "share_of_raw_speed": round(raw[0] / cold[0], 3),
        "share_by_cpu_seconds": round(raw[1] / cold[1], 3),
        "warm_is_times_as_fast": round(cold[0] / warm[0], 1),
        "warm_output_is_equal": cold_output == (folder / "warm.jsonl").read_bytes(),
    }


if __name__ == "__main__":
    main()
