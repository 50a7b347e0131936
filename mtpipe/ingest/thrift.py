"""Structures in Thrift's compact protocol, which Parquet's index and page headers are written in.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md. Read here because
pyarrow ends the whole process where a damaged index contradicts itself.
"""

import struct
from typing import Any

__all__ = ["read_struct"]

_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(
    13
)
_DEPTH = 32
_VARINT_BITS = 70
_LONG_LIST = 15


def read_struct(data: bytes, position: int = 0) -> tuple[dict[int, Any], int]:
    """A structure as values by the numbers of its fields, and where it ends.

    Raises:
        ValueError: there is none.
    """
    reader = _Reader(data, position)
    try:
        found = reader.structure(0)
    except (IndexError, struct.error) as exc:
        raise ValueError("cut off") from exc
    return found, reader.position


class _Reader:
    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self.position = position

    def structure(self, depth: int) -> dict[int, Any]:
        if depth > _DEPTH:
            raise ValueError("nested too deeply")
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            fields[number] = (
                kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth + 1)
            )
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (_I16, _I32, _I64):
            return self._integer()
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind == _STRUCT:
            return self.structure(depth)
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind in (_BYTE, _TRUE, _FALSE):
            return self._byte()
        if kind == _DOUBLE:
            return struct.unpack("<d", self._bytes(8))[0]
        if kind == _MAP:
            return self._map(depth)
        raise ValueError(f"no type has the number {kind}")

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        size = head >> 4 if head >> 4 != _LONG_LIST else self._varint()
        return [self._element(head & 15, depth) for _ in range(self._checked(size))]

    def _map(self, depth: int) -> dict[Any, Any]:
        size = self._checked(self._varint())
        if not size:
            return {}
        kinds = self._byte()
        pairs = (
            (self._element(kinds >> 4, depth), self._element(kinds & 15, depth))
            for _ in range(size)
        )
        return {str(name): value for name, value in pairs}

    def _element(self, kind: int, depth: int) -> Any:
        if depth > _DEPTH:
            raise ValueError("nested too deeply")
        return self._value(kind, depth + 1)

    def _checked(self, size: int) -> int:
        """Each element takes a byte at least."""
        if size > len(self._data) - self.position:
            raise ValueError("longer than the file")
        return size

    def _bytes(self, size: int) -> bytes:
        start = self.position
        self.position += self._checked(size)
        return self._data[start : self.position]

    def _byte(self) -> int:
        self.position += 1
        return self._data[self.position - 1]

    def _varint(self) -> int:
        value = shift = 0
        while shift < _VARINT_BITS:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ValueError("a number without end")

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
