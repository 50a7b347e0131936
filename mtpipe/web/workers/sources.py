"""What a request gives to read, to articles."""

from collections.abc import Mapping

from mtpipe.types import Article

__all__ = ["article_of"]


def article_of(source: Mapping[str, object], *, allow_fetch: bool) -> Article:
    """Read what is to be one article.

    Args:
        source: ``{"text": ...}``, ``{"data": bytes, "name": ...}`` or ``{"url": ...}``, each with
            ``language``, ``id`` and ``charset`` or without.
        allow_fetch: whether addresses may be fetched.

    Raises:
        InputError: it isn't one article.
        ConfigError: an address, where none is fetched.
    """
    raise NotImplementedError
