"""Time the starter against a model of OPUS-MT's size, per target token.

The other model has the architecture of OPUS-MT (transformer-base: 6 and 6 layers, width 512,
feed-forward 2,048, 8 heads, 58,101 pieces) and random weights. Such a model doesn't know when to
stop, so both are made to give as many tokens as the source has. Both run in CTranslate2 as int8, on
the same token sequences, with the same beam, batches and threads, in alternation.

    python data/benchmarks/starter_speed.py ../shared/eval/translate/newstest2018.de-en.tsv
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtpipe.engines.batching import batches_by_length
from mtpipe.engines.decoder import BATCH_TOKENS
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.models.cards import InstalledModel, find_installed, model_at
from mtpipe.models.convert import converted
from mtpipe.training.model import new_model, save_model
from mtpipe.training.settings import Architecture
from mtpipe.types import Direction
from mtpipe.types.choices import Quantization

if TYPE_CHECKING:
    import ctranslate2

OPUS_MT = Architecture(d_model=512, ffn_dim=2_048, heads=8, encoder_layers=6, decoder_layers=6)
OPUS_MT_PIECES = 58_101


def made_opus_mt(starter: InstalledModel, folder: Path) -> InstalledModel:
    """A model of that size with random weights; its first pieces are the starter's."""
    shutil.copytree(
        starter.directory, folder, ignore=shutil.ignore_patterns("*.safetensors", "card.toml")
    )
    save_model(new_model(OPUS_MT, OPUS_MT_PIECES), folder)
    vocabulary: dict[str, int] = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    pieces = sorted((piece for piece in vocabulary if piece != "<pad>"), key=vocabulary.__getitem__)
    pieces += [f"filler{number}" for number in range(OPUS_MT_PIECES - 1 - len(pieces))]
    numbered = {piece: number for number, piece in enumerate([*pieces, "<pad>"])}
    (folder / "vocab.json").write_text(json.dumps(numbered), encoding="utf-8")
    return model_at(folder)


def seconds(
    translator: "ctranslate2.Translator", batches: list[list[list[str]]], *, beam: int
) -> float:
    """Seconds to give every source as many tokens as it has."""
    started = time.perf_counter()
    pending: list[Any] = []
    for rows in batches:
        length = len(rows[0])
        pending += translator.translate_batch(
            rows,
            asynchronous=True,
            beam_size=beam,
            min_decoding_length=length,
            max_decoding_length=length,
            disable_unk=True,
        )
    for result in pending:
        result.result()
    return time.perf_counter() - started


def main() -> None:
    """Run the comparison and print a JSON object."""
    import ctranslate2

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("test_set", type=Path, help="SOURCE<tab>REFERENCE, German-English")
    parser.add_argument("--lines", type=int, default=150)
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    starter = find_installed("starter")
    lines = arguments.test_set.read_text(encoding="utf-8").splitlines()[: arguments.lines]
    tokens = Tokenizer(starter.directory).encode(
        [line.split("\t")[0] for line in lines], Direction.parse("de-en")
    )
    batches = [
        [tokens[row] for row in rows]
        for rows in batches_by_length(list(map(len, tokens)), max_tokens=BATCH_TOKENS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        models = {
            "starter": starter,
            "opus_mt": made_opus_mt(starter, Path(folder) / "opus-mt-de-en"),
        }
        translators = {
            name: ctranslate2.Translator(
                str(converted(model, Quantization.INT8)),
                inter_threads=arguments.threads,
                intra_threads=1,
            )
            for name, model in models.items()
        }
        taken: dict[str, list[float]] = {name: [] for name in models}
        for translator in translators.values():
            seconds(translator, batches[:1], beam=arguments.beam)
        for _ in range(arguments.rounds):
            for name, translator in translators.items():
                taken[name].append(seconds(translator, batches, beam=arguments.beam))
    count = sum(len(rows) * len(rows[0]) for rows in batches)
    ratios = [slow / fast for slow, fast in zip(taken["opus_mt"], taken["starter"], strict=True)]
    report = {
        "target_tokens": count,
        "beam": arguments.beam,
        "threads": arguments.threads,
        "microseconds_a_token": {
            name: [round(1e6 * time_ / count, 1) for time_ in times]
            for name, times in taken.items()
        },
        "starter_is_times_as_fast": [round(ratio, 2) for ratio in ratios],
        "median": round(statistics.median(ratios), 2),
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
