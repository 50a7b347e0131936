"""Articles that are in an archive more than once, as two runs at once of earlier versions made."""

from typing import Any

__all__ = ["drop_doubles"]

_DELETED_AT_ONCE = 1_000


def drop_doubles(table: Any) -> int:
    """Leave one row of each article in a table of the database, the first.

    Returns:
        How many rows are gone.
    """
    rows = table.search().select(["id"]).with_row_id(True).limit(None).to_arrow()
    seen: set[str] = set()
    doubles: list[int] = []
    for name, number in sorted(
        zip(rows["id"].to_pylist(), rows["_rowid"].to_pylist(), strict=True)
    ):
        if name in seen:
            doubles.append(number)
        seen.add(name)
    for start in range(0, len(doubles), _DELETED_AT_ONCE):
        numbers = doubles[start : start + _DELETED_AT_ONCE]
        table.delete(f"_rowid IN ({', '.join(map(str, numbers))})")
    return len(doubles)
