"""Articles as read: what is to be translated or examined, and what surrounded it."""

from dataclasses import dataclass
from enum import StrEnum

from mtpipe.types.language import Language


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
    CODE = "code"
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
        BlockKind.CODE,
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


class Markup(StrEnum):
    """Inline markup that is kept, by its HTML element.

    ``CODE`` and ``KEPT``, which the page wants as it is, aren't translated.
    """

    LINK = "a"
    STRONG = "strong"
    EMPHASIS = "em"
    CODE = "code"
    KEPT = "span"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A part of a block's text with inline markup; spans may lie within one another.

    Attributes:
        start: offset of its first character.
        end: offset behind its last character.
        markup: what it is.
        address: where a link leads, always ``http(s)``, ``mailto`` or ``tel``; else empty.
    """

    start: int
    end: int
    markup: Markup
    address: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page as its reader sees it: a paragraph, a heading, a menu entry.

    Attributes:
        kind: what it is.
        text: the exact wording as a browser shows it: white space collapsed (typographic spaces
            such as U+00A0 and U+202F are kept), soft hyphens removed; never empty. Of code, with
            its line feeds and indentation.
        place: where it stands.
        language: ISO 639-1 code of the block's own language where it is certainly another one
            than the article's, and then of any language, not only mtpipe's; :data:`NO_LANGUAGE`
            where the page wants it to stay as it is; else None.
        spans: its inline markup.
    """

    kind: BlockKind
    text: str
    place: Place
    language: str | None = None
    spans: tuple[Span, ...] = ()


NO_LANGUAGE = "zxx"
"""ISO 639-2 code of what is in no language: code, and whatever isn't to be translated."""

TOOL_MARKUP = "markup of translation tools"
"""Name of the field of :class:`Metadata` for what such tools leave in a page's markup."""


NOT_FREE = ("isAccessibleForFree", "false")
"""Field of :class:`Metadata`, as schema.org has it: the page may show a part of its article only."""


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
        extra: pairs of name and value for further fields of a record, in its order; of a page,
            what in its markup is of translation tools, under :data:`TOOL_MARKUP`, and
            :data:`NOT_FREE`.
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

    @property
    def compared(self) -> tuple[Block, ...]:
        """The blocks that articles are compared by and measured in: all but captions and code.

        Whoever republishes an article has other pictures, or none; what is under them is
        translated, but tells nothing of where the text comes from. Code is in no language.
        """
        left_out = (BlockKind.CAPTION, BlockKind.CODE)
        return tuple(block for block in self.blocks if block.kind not in left_out)

    @property
    def compared_text(self) -> str:
        """The text of those blocks, with empty lines between them."""
        return "\n\n".join(block.text for block in self.compared)


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
