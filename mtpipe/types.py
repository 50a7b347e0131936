"""The values that flow through the pipeline; they know nothing of files, engines or the terminal.

Not for behaviour: what is done with these values stands in the packages above this one.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from mtpipe.errors import UnsupportedDirection

__all__ = [
    "Alignment",
    "Article",
    "Bead",
    "Block",
    "BlockKind",
    "Direction",
    "Failure",
    "Flag",
    "Hypothesis",
    "Language",
    "Metadata",
    "Move",
    "Place",
    "Problem",
    "Remedy",
    "Segment",
    "TranslatedBlock",
    "TranslatedSegment",
    "Translation",
]


class Language(StrEnum):
    """The languages of mtpipe, by their ISO 639-1 code.

    A model's own codes (``>>deu<<``) exist only inside the engines.
    """

    DE = "de"
    EN = "en"
    FR = "fr"

    @property
    def iso639_3(self) -> str:
        """The three-letter code, as in Marian's target tags (``deu``)."""
        return {"de": "deu", "en": "eng", "fr": "fra"}[self.value]

    @property
    def english_name(self) -> str:
        """The name in English, for people."""
        return {"de": "German", "en": "English", "fr": "French"}[self.value]

    @classmethod
    def parse(cls, code: str) -> Self:
        """Read a language code, forgiving case, region and the three-letter form.

        >>> Language.parse("fr-CA")
        <Language.FR: 'fr'>

        Raises:
            UnsupportedDirection: the language isn't one of mtpipe's.
        """
        primary = code.strip().lower().replace("_", "-").split("-")[0]
        aliases = {"deu": "de", "ger": "de", "eng": "en", "fra": "fr", "fre": "fr"}
        try:
            return cls(aliases.get(primary, primary))
        except ValueError:
            known = ", ".join(f"{member.value} ({member.english_name})" for member in cls)
            raise UnsupportedDirection(
                f"unknown language {code!r}", hint=f"known are {known}"
            ) from None


@dataclass(frozen=True, slots=True, order=True)
class Direction:
    """A translation direction, printed ``de-en``."""

    source: Language
    target: Language

    def __post_init__(self) -> None:
        if self.source == self.target:
            raise UnsupportedDirection(
                f"source and target language are both {self.source.value}",
                hint="give two different languages with --from and --to",
            )

    def __str__(self) -> str:
        return f"{self.source.value}-{self.target.value}"

    @property
    def reversed(self) -> "Direction":
        """The opposite direction."""
        return Direction(self.target, self.source)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``de-en``.

        Raises:
            UnsupportedDirection: not two known, different languages joined by a hyphen.
        """
        source, separator, target = text.partition("-")
        if not separator:
            raise UnsupportedDirection(
                f"{text!r} is no translation direction", hint="write it as de-en"
            )
        return cls(Language.parse(source), Language.parse(target))


class Problem(StrEnum):
    """What is wrong with a translation, as far as it can be told without a reference."""

    REPETITION = "repetition"
    TRUNCATED = "truncated"
    COPIED = "copied"
    LENGTH = "length"
    NUMBERS = "numbers"


class Remedy(StrEnum):
    """How a segment was decoded again, the gentlest first."""

    WIDER_BEAM = "wider beam"
    NO_REPEAT = "no repeat"
    LOWER_CASE = "lower case"
    SPLIT = "split"
    KEPT_SOURCE = "kept source"


@dataclass(frozen=True, slots=True)
class Flag:
    """A problem of a segment's first translation, and what became of it.

    Attributes:
        problem: what was found.
        remedy: what solved it; None if the translation still has the problem.
    """

    problem: Problem
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One system output for one segment.

    Attributes:
        text: the translation.
        score: natural log-probability per target token (end of sentence counted), at most 0;
            comparable between segments of one system, not between systems. 0.0 for a segment
            that was copied instead of translated.
        flags: problems of the first translation; only safe decoding looks for them.
    """

    text: str
    score: float
    flags: tuple[Flag, ...] = ()


class BlockKind(StrEnum):
    """What a block of a page is; everything from ``REPEATED_TITLE`` on is furniture.

    Furniture is what an editor's system, not the author, puts around an article. It isn't
    translated, but kept: a "PREV" that survived a machine translation is evidence.
    """

    TITLE = "title"
    DATELINE = "dateline"
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST_ITEM = "list item"
    QUOTE = "quote"
    CAPTION = "caption"
    REPEATED_TITLE = "repeated title"
    TIME_STAMP = "time stamp"
    BYLINE = "byline"
    NAVIGATION = "navigation"
    TAG = "tag"
    RELATED = "related"
    COMMENT = "comment"
    NOTICE = "notice"
    SEPARATOR = "separator"
    OTHER = "other"

    @property
    def is_furniture(self) -> bool:
        """Whether blocks of this kind stand in :attr:`Article.furniture`."""
        return self not in _BODY_KINDS


_BODY_KINDS = frozenset(
    {
        BlockKind.TITLE,
        BlockKind.DATELINE,
        BlockKind.PARAGRAPH,
        BlockKind.HEADING,
        BlockKind.LIST_ITEM,
        BlockKind.QUOTE,
        BlockKind.CAPTION,
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a block stands in its page.

    Attributes:
        index: 0-based position in reading order, counted over body and furniture together.
        line: 1-based line of the source where the block begins; 0 where it isn't known. A
            dateline and the paragraph that it opens share a line.
        path: the element's XPath in an HTML page, the field of a record, or empty.
    """

    index: int
    line: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page as its reader sees it: a paragraph, a heading, a menu entry.

    Attributes:
        kind: what it is.
        text: the exact wording as a browser shows it: white space collapsed (typographic spaces
            such as U+00A0 and U+202F are kept), soft hyphens removed; never empty.
        place: where it stands.
        language: ISO 639-1 code of the block's own language where it is certainly another one
            than the article's, and then of any language, not only mtpipe's; else None.
    """

    kind: BlockKind
    text: str
    place: Place
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page or record says about itself; nothing here is inferred. Empty where it is silent.

    Attributes:
        address: the canonical address.
        site: the publication's name.
        section: the rubric.
        authors: the byline, one entry a person or agency.
        published: date or time of publication, as stated (ISO 8601 on most pages).
        modified: date or time of the last change, as stated.
        keywords: the page's own keywords and tags.
        declared_languages: pairs of where a language is declared (``html lang``, ``og:locale``,
            ``inLanguage``, ``content-language``) and the code that stands there. They may disagree.
        alternates: pairs of language code and address from ``hreflang``.
        based_on: addresses or titles under schema.org's ``isBasedOn``.
        translation_of: addresses or titles under schema.org's ``translationOfWork``.
        extra: pairs of name and value for further fields of a record, in its order.
    """

    address: str = ""
    site: str = ""
    section: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    keywords: tuple[str, ...] = ()
    declared_languages: tuple[tuple[str, str], ...] = ()
    alternates: tuple[tuple[str, str], ...] = ()
    based_on: tuple[str, ...] = ()
    translation_of: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """One article as read: what is to be translated or examined, and what surrounded it.

    Attributes:
        id: unique within a batch and stable between runs: a record's own id, else the path or
            address it was read from (with ``#n`` for the n-th record).
        source: path or address as the user gave it; ``-`` for standard input.
        language: the language of its body.
        metadata: what the page says about itself.
        blocks: title and body in reading order; none is furniture.
        furniture: the rest of the page in reading order.
    """

    id: str
    source: str
    language: Language
    blocks: tuple[Block, ...]
    furniture: tuple[Block, ...] = ()
    metadata: Metadata = Metadata()

    @property
    def title(self) -> str:
        """The title; empty if the page has none."""
        return next((block.text for block in self.blocks if block.kind is BlockKind.TITLE), "")


@dataclass(frozen=True, slots=True)
class Segment:
    """The unit that is translated and scored: a sentence, or a whole heading.

    Attributes:
        text: the sentence; ``block.text[start:end] == text``.
        start: offset of its first character in its block's text, in characters.
        end: offset behind its last character.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TranslatedSegment:
    """A segment and its translation, in the typography of the target language."""

    segment: Segment
    hypothesis: Hypothesis


@dataclass(frozen=True, slots=True)
class TranslatedBlock:
    """A block and its segments in order; a block in the target language already has none."""

    block: Block
    segments: tuple[TranslatedSegment, ...]

    @property
    def text(self) -> str:
        """The translation, with what stood between the segments as in the source."""
        if not self.segments:
            return self.block.text
        parts: list[str] = []
        end = 0
        for translated in self.segments:
            parts += (
                self.block.text[end : translated.segment.start],
                translated.hypothesis.text,
            )
            end = translated.segment.end
        return "".join([*parts, self.block.text[end:]])


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated article.

    Attributes:
        article: as it was read.
        direction: of the translation.
        blocks: one for each block of the article, in its order.
        sha256: hex digest of everything that was read of the article.
        signature: of the system or, through a pivot, systems that translated it.
    """

    article: Article
    direction: Direction
    blocks: tuple[TranslatedBlock, ...]
    sha256: str
    signature: str

    @property
    def title(self) -> str:
        """The title's translation; empty if the article has none."""
        titles = (b.text for b in self.blocks if b.block.kind is BlockKind.TITLE)
        return next(titles, "")


@dataclass(frozen=True, slots=True)
class Failure:
    """One article that couldn't be worked on; the batch goes on without it.

    Attributes:
        article_id: the id it has or would have had.
        stage: the step that failed: ``read``, ``extract``, ``language``, ...
        error: the message for people.
    """

    article_id: str
    stage: str
    error: str


@dataclass(frozen=True, slots=True)
class Bead:
    """Sentences that belong together.

    Attributes:
        source: numbers of the source sentences, from 0; empty for an insertion.
        target: numbers of the target sentences; empty for a deletion.
        score: how alike both sides are, 0..1; 0 where one is empty.
    """

    source: range
    target: range
    score: float

    @property
    def is_null(self) -> bool:
        """Whether one side is empty."""
        return not self.source or not self.target


@dataclass(frozen=True, slots=True)
class Move:
    """A block that stands elsewhere on the other side.

    Attributes:
        source: numbers of its source sentences.
        target: numbers of its target sentences.
        score: how alike both are, 0..1.
    """

    source: range
    target: range
    score: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which sentences became which.

    Attributes:
        beads: in order; each sentence of either side is in exactly one.
        moves: blocks whose sentences are insertions and deletions among the beads, since beads
            keep the order, but that translate each other.
    """

    beads: tuple[Bead, ...]
    moves: tuple[Move, ...] = ()
