"""Compressed files: read as they are, and refused where they unfold without measure."""

import bz2
import gzip
import io
import lzma
import os
import threading
from pathlib import Path

import pytest

from mtpipe.compressed import open_bytes, unpacked
from mtpipe.errors import InputError


def zstd(data: bytes) -> bytes:
    return bytes(pytest.importorskip("pyarrow").compress(data, "zstd", asbytes=True))


PACKED = {".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress, ".zst": zstd}
MIB = 2**20


@pytest.mark.parametrize("suffix", [".gz", ".XZ", ".bz2", ".zst"])
def test_files_are_unpacked_by_their_ending(tmp_path: Path, suffix: str) -> None:
    lines = [f"Satz {number}: Straße, été\n".encode() for number in range(20_000)]
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(PACKED[suffix.lower()](b"".join(lines)))
    with open_bytes(path) as stream:
        assert stream.readline() == lines[0]
        assert stream.read(10) == lines[1][:10]
        assert stream.read() == b"".join(lines[1:])[10:]
    with open_bytes(path) as stream:
        assert list(stream) == lines


@pytest.mark.parametrize("suffix", list(PACKED))
@pytest.mark.parametrize("size", [-1, 512 * MIB])
def test_what_unfolds_without_measure_is_refused(tmp_path: Path, suffix: str, size: int) -> None:
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(PACKED[suffix](b"\n" * (65 * MIB)))
    with (
        pytest.raises(InputError, match=r"over 200 times as much \(if that is right, unpack it"),
        open_bytes(path) as stream,
    ):
        stream.read(size)


def test_up_to_64_mib_anything_may_unfold(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"\n" * (64 * MIB)))
    with open_bytes(path) as stream:
        assert len(stream.read()) == 64 * MIB


def test_the_length_of_a_pipe_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    os.mkfifo(path)
    data = gzip.compress(b"\n" * (65 * MIB))
    writer = threading.Thread(target=path.write_bytes, args=[data])
    writer.start()
    try:
        with open_bytes(path) as stream:
            assert len(stream.read()) == 65 * MIB
    finally:
        writer.join()


@pytest.mark.parametrize("suffix", list(PACKED))
@pytest.mark.parametrize("damage", ["cut off", "other"])
def test_damage_is_an_input_error(tmp_path: Path, suffix: str, damage: str) -> None:
    data = PACKED[suffix](os.urandom(1_000))
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data[:-20] if damage == "cut off" else b"not packed at all")
    with pytest.raises(InputError, match="can't read"), open_bytes(path) as stream:
        stream.read()


def test_frames_of_zstd_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(zstd(b"one ") + zstd(b"two"))
    with open_bytes(path) as stream:
        assert stream.read() == b"one two"


@pytest.mark.parametrize("suffix", list(PACKED))
def test_a_stream_from_elsewhere(suffix: str) -> None:
    data = PACKED[suffix](b"\n" * (65 * MIB))
    with unpacked(io.BytesIO(data), f"s3://x/a{suffix}", None) as stream:
        assert stream.read(3) == b"\n" * 3
    with (
        pytest.raises(InputError, match=r"s3://x/a\.\w+: .* over 200 times"),
        unpacked(io.BytesIO(data), f"s3://x/a{suffix}", len(data)) as stream,
    ):
        stream.read()
