"""Stand-ins for what a test isn't about, with the interface of the real thing."""

from mtpipe.engines.base import Decoded, DecodingOptions, Tokens


class FakeEngine:
    """Decodes by turning every piece round; remembers the batches that it got."""

    signature = "fake:1|exact|cpu"

    def __init__(self) -> None:
        self.batches: list[list[Tokens]] = []

    def submit(self, batch: list[Tokens], options: DecodingOptions) -> "FakeBatch":
        self.batches.append(batch)
        return FakeBatch(batch)


class FakeBatch:
    def __init__(self, batch: list[Tokens]) -> None:
        self._batch = batch

    def result(self) -> list[Decoded]:
        return [
            Decoded([piece[::-1] for piece in row if piece != "</s>"], -0.5) for row in self._batch
        ]


class FakeTokenizer:
    """One token a word, joined by single spaces."""

    tags: frozenset[str] = frozenset()

    def encode(self, segments: list[str], direction: object) -> list[list[str]]:
        return [[*segment.split(), "</s>"] for segment in segments]

    def count(self, segment: str) -> int:
        return len(segment.split())

    def decode(self, tokens: list[str]) -> str:
        return " ".join(tokens)
