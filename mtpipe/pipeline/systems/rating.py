"""How a model expects given translations: an installed model's files in, ratings out."""

from collections.abc import Sequence

from mtpipe.engines.capitals import in_usual_spelling, is_in_capitals
from mtpipe.engines.decoder import both_sides
from mtpipe.engines.forced import Forced, ForcedDecoder
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.errors import ModelCorrupt
from mtpipe.models.cards import InstalledModel
from mtpipe.models.convert import position_tables
from mtpipe.models.marian import read_model
from mtpipe.pipeline.systems.choosing import system_name
from mtpipe.types import Direction, Language


class Rater:
    """An installed model that rates translations, loaded.

    It rates with the float32 of its weights on the CPU, whatever else is there, so that the same
    texts are rated alike everywhere, to some millionths.

    Args:
        model: a Marian model whose languages share a vocabulary.

    Raises:
        ModelCorrupt: its files are damaged, or it is another kind of model.
    """

    def __init__(self, model: InstalledModel) -> None:
        model.verify()
        config, weights = read_model(model.directory)
        self._tokenizer = Tokenizer(model.directory)
        try:
            positions = position_tables(config, weights)
        except (KeyError, ValueError, TypeError) as exc:
            raise ModelCorrupt(
                f"{model.card.name} can't rate texts: {exc}", hint="mtpipe models check"
            ) from exc
        self._decoder = ForcedDecoder(config, weights, positions, self._tokenizer.ids)
        self.name = system_name(model)
        """Of the model and its revision."""

    def usual(self, text: str, language: Language) -> str:
        """A text in capitals in usual spelling: in capitals every word is unlikely, whoever wrote it."""
        if not is_in_capitals(text):
            return text
        return in_usual_spelling(text, language, self._tokenizer.count)

    def rate(
        self, sources: Sequence[str], targets: Sequence[str], direction: Direction
    ) -> list[Forced]:
        """Rate translations; of long texts only the beginnings count.

        Args:
            sources: segments.
            targets: a translation of each.
            direction: of the translation.

        Raises:
            UnsupportedDirection: the model can't translate into the target language.
        """
        return self._decoder.rate(*both_sides(self._tokenizer, sources, targets, direction))
