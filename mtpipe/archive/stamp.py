"""What made an archive: vectors of two encoders can't be compared."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import get_type_hints

from mtpipe import __version__
from mtpipe.errors import ConfigError, InputError

FORMAT = 1
"""Of the table; raised when its columns, or what sentences are, change their meaning."""

_NAME = b"mtpipe"


@dataclass(frozen=True)
class Stamp:
    """What made an archive.

    Attributes:
        encoder: name of the sentence encoder.
        encoder_sha256: of its files.
        dimensions: of its vectors.
        version: of mtpipe.
        format: of the table, see :data:`FORMAT`.
    """

    encoder: str
    encoder_sha256: str
    dimensions: int
    version: str = __version__
    format: int = FORMAT


def stamp_metadata(stamp: Stamp) -> dict[bytes, bytes]:
    """A stamp as the metadata of a table's schema."""
    return {_NAME: json.dumps(asdict(stamp)).encode()}


def read_stamp(uri: str, metadata: Mapping[bytes, bytes] | None) -> Stamp:
    """The stamp in the metadata of a table's schema.

    Raises:
        InputError: there is none.
    """
    try:
        stamp = Stamp(**json.loads((metadata or {})[_NAME]))
        for name, kind in get_type_hints(Stamp).items():
            if not isinstance(getattr(stamp, name), kind):
                raise TypeError(name)
        return stamp
    except (KeyError, TypeError, ValueError, RecursionError) as exc:
        raise InputError(
            f"{uri} holds a table of another program", hint="name another folder"
        ) from exc


def compare_stamps(uri: str, *, made: Stamp, wanted: Stamp) -> None:
    """Refuse an archive that another encoder or an incompatible version made.

    Raises:
        ConfigError: with the command that makes a new one of its articles.
    """
    repair = f"make a new one of its articles: mtpipe archive add NEW --from-archive {uri}"
    if made.format != wanted.format:
        raise ConfigError(
            f"the archive {uri} was made by mtpipe {made.version}, and this version "
            f"({wanted.version}) can't add to it or search it",
            hint=repair,
        )
    if (made.encoder_sha256, made.dimensions) != (wanted.encoder_sha256, wanted.dimensions):
        raise ConfigError(
            f"the archive {uri} was made with the encoder {made.encoder} "
            f"({made.encoder_sha256[:12]}, mtpipe {made.version}), not with {wanted.encoder} "
            f"({wanted.encoder_sha256[:12]})",
            hint=repair,
        )
