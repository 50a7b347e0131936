"""Stand-ins for what a test isn't about, with the interface of the real thing."""

from mtpipe.engines.base import Decoded, DecodingOptions, Tokens


class FakeEngine:
    """Decodes by turning every piece round; remembers the batches that it got.

    With ``loops`` it repeats itself, as Marian models do on menu lines, unless that is forbidden
    to it by ``no_repeat_ngram`` and ``obeys`` is true.
    """

    signature = "fake:1|exact|cpu"

    def __init__(self) -> None:
        self.batches: list[list[Tokens]] = []
        self.loops = False
        self.obeys = False

    def submit(self, batch: list[Tokens], options: DecodingOptions) -> "FakeBatch":
        self.batches.append(batch)
        loops = self.loops and not (self.obeys and options.no_repeat_ngram)
        return FakeBatch(batch, 30 if loops else 1)


class FakeBatch:
    def __init__(self, batch: list[Tokens], times: int) -> None:
        self._batch = batch
        self._times = times

    def result(self) -> list[Decoded]:
        return [
            Decoded([piece[::-1] for piece in row if piece != "</s>"] * self._times, -0.5)
            for row in self._batch
        ]


class FakeTokenizer:
    """One token a word, joined by single spaces."""

    tags: frozenset[str] = frozenset()

    def encode(self, segments: list[str], direction: object) -> list[list[str]]:
        return [[*segment.split(), "</s>"] for segment in segments]

    def count(self, segment: str) -> int:
        return len(segment.split())

    def is_writable(self, char: str) -> bool:
        return char.isascii()

    def decode(self, tokens: list[str]) -> str:
        return " ".join(tokens)
