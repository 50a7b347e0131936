"""Plain data goes through the pipes, and nothing else comes out of them."""

import os
import pickle

import numpy as np
import pytest

from mtpipe import errors
from mtpipe.types import Language
from mtpipe.web.workers.messages import error_of, framed, names_of, packed, unpacked

PLAIN = {
    "texts": (["ä", "\ud800", "a" * 70_000], ["ä", "\ud800", "a" * 70_000]),
    "numbers": ([1, 2.5, True, None, 10**30], [1, 2.5, True, None, 10**30]),
    "bytes": ({"data": b"\0\xff"}, {"data": b"\0\xff"}),
    "enumerations": ({Language.DE: [Language.EN]}, {"de": ["en"]}),
    "numpy": ((np.float64(1.5), np.int32(3), np.bool_(True), np.arange(2)), (1.5, 3, True, [0, 1])),
}


@pytest.mark.parametrize(("given", "expected"), PLAIN.values(), ids=PLAIN)
def test_plain_data_comes_back(given: object, expected: object) -> None:
    found = unpacked(packed(given))
    assert found == expected
    assert "mtpipe" not in repr(pickle.dumps(found))


@pytest.mark.parametrize("odd", [object(), os.system, errors.InputError("x"), lambda: 0])
def test_nothing_else_is_sent(odd: object) -> None:
    with pytest.raises(TypeError, match="plain data"):
        packed({"deep": [odd]})


class Harmful:
    def __reduce__(self) -> object:
        return os.system, ("touch harmed",)


@pytest.mark.parametrize("odd", [Harmful(), errors.InputError("x"), np.float64(1), Language.DE])
def test_nothing_else_is_made_of_what_is_received(odd: object) -> None:
    with pytest.raises(pickle.UnpicklingError, match="no plain data"):
        unpacked(pickle.dumps(odd))


def test_the_length_stands_in_front() -> None:
    assert framed(b"abc") == b"\0\0\0\0\0\0\0\3abc"


@pytest.mark.parametrize("name", ["__builtins__", "Path", "nothing", "FOUND", ""])
def test_an_error_of_another_name_is_one_all_the_same(name: str) -> None:
    error = error_of(name, "what", "how")
    assert type(error) is errors.MtpipeError
    assert (error.message, error.hint) == ("what", "how")


def test_an_error_keeps_its_name() -> None:
    error = errors.MalformedRecord("a.jsonl", 3, "odd")
    assert names_of(error) == "MalformedRecord"
    assert isinstance(error_of(names_of(error), error.message, error.hint), errors.MalformedRecord)
