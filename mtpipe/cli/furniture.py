"""What commands that read articles share: options on furniture, and the notices about it."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from mtpipe.cli import console
from mtpipe.config import furniture_settings
from mtpipe.types import NOT_FREE, Article, Block, BlockKind, Failure

_SHOWN_CHARS = 80
_PANEL = "What is furniture (menus, teasers, notices: set aside)"

Wording = Annotated[
    bool | None,
    typer.Option(
        "--wording/--no-wording",
        help="Recognise furniture by its wording as well (default). Without: only by its place in "
        "the page, and plain text stays as it is.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
DropSelector = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CSS", help="Set aside what this selects in HTML.", rich_help_panel=_PANEL
    ),
]
KeepSelector = Annotated[
    list[str] | None,
    typer.Option(metavar="CSS", help="Keep what this selects.", rich_help_panel=_PANEL),
]
DropText = Annotated[
    list[str] | None,
    typer.Option(
        metavar="REGEX", help="Set aside paragraphs with a match.", rich_help_panel=_PANEL
    ),
]
KeepText = Annotated[
    list[str] | None,
    typer.Option(
        metavar="REGEX",
        help="Keep paragraphs with a match, whatever else applies. All four may be repeated.",
        rich_help_panel=_PANEL,
    ),
]


class Furniture:
    """What is set aside in a run, and what was.

    Args:
        wording: the option, and the others as above; else the environment and ``mtpipe.toml`` say.
        drop_selector: see there.
        keep_selector: see there.
        drop_text: see there.
        keep_text: see there.

    Attributes:
        rules: to read articles by.

    Raises:
        ConfigError: a selector or a pattern isn't one.
    """

    def __init__(
        self,
        wording: bool | None = None,
        drop_selector: list[str] | None = None,
        keep_selector: list[str] | None = None,
        drop_text: list[str] | None = None,
        keep_text: list[str] | None = None,
    ) -> None:
        from mtpipe import FurnitureRules  # noqa: PLC0415 - not for --help

        self._options = (wording, drop_selector, keep_selector, drop_text, keep_text)
        settings = furniture_settings(
            wording=wording,
            drop_selector=drop_selector or (),
            keep_selector=keep_selector or (),
            drop_text=drop_text or (),
            keep_text=keep_text or (),
        )
        self.rules = FurnitureRules(settings)
        self._articles = 0
        self._blocks = 0
        self._not_free: list[str] = []

    def refuse_options(self, otherwise: str) -> None:
        """Complain of options that have no effect.

        Args:
            otherwise: what is read instead of articles.

        Raises:
            BadParameter: one was given.
        """
        if any(option is not None and option != [] for option in self._options):
            raise typer.BadParameter(
                f"--wording, --drop-... and --keep-... are for articles, not for {otherwise}"
            )

    def watched(self, items: Iterable[Article | Failure]) -> Iterator[Article | Failure]:
        """The articles as they come, counted."""
        for item in items:
            if isinstance(item, Article):
                self.count(item.id, item.furniture)
                if NOT_FREE in item.metadata.extra:
                    self._not_free.append(item.id)
            yield item

    def count(self, name: str, furniture: Iterable[Block]) -> None:
        """Take note of what was set aside in an article; lines without a word aren't worth it."""
        blocks = [block for block in furniture if block.kind is not BlockKind.SEPARATOR]
        self._articles += bool(blocks)
        self._blocks += len(blocks)
        if console.is_verbose():
            for block in blocks:
                text = block.text[:_SHOWN_CHARS]
                more = "…" if len(text) < len(block.text) else ""
                console.notice(f"set aside: {name} ({block.kind}): {text}{more}")

    def tell(self) -> None:
        """Say how much was set aside, if anything, and which articles may be cut."""
        console.notice_some(
            [f"may be cut: {name} isn't free to read, as its page says" for name in self._not_free],
            "articles",
        )
        if not self._blocks:
            return
        blocks = f"{self._blocks} block{'s' * (self._blocks != 1)}"
        articles = f"{self._articles} article{'s' * (self._articles != 1)}"
        hint = "" if console.is_verbose() else "; mtpipe --verbose lists them"
        console.notice(f"set aside as furniture: {blocks} of {articles}{hint}")
