"""What a path is for, seen as routing sees it."""

import time

import pytest

from mtpipe.errors import InputError
from mtpipe.web.paths import Room, asked_address, room_of, root_path, route_path
from mtpipe.web.problems import as_problem

ROOMS = {
    "/": Room.PAGES,
    "": Room.PAGES,
    "/ui": Room.PAGES,
    "/ui/jobs/7": Room.PAGES,
    "/ui/static/page.css": Room.STATIC,
    "/ui/static": Room.PAGES,
    "/ui/static/../jobs": Room.STATIC,  # as the route of static files, which finds nothing there
    "/api/v1/jobs": Room.API,
    "/api": Room.OTHER,
    "/translate": Room.LIBRETRANSLATE,
    "/translate/": Room.OTHER,
    "/download_file/x": Room.LIBRETRANSLATE,
    "/healthz": Room.HEALTH,
    "/health": Room.LIBRETRANSLATE,
    "/healthz/x": Room.OTHER,
    "/UI/static/x": Room.OTHER,
    "//ui/static/x": Room.OTHER,
}


@pytest.mark.parametrize(("path", "room"), ROOMS.items(), ids=repr)
@pytest.mark.parametrize("root", ["", "/mt"])
def test_rooms(path: str, room: Room, root: str) -> None:
    assert room_of({"path": root + path, "root_path": root}) is room


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ({"path": "/mt/ui", "root_path": "/mt"}, "/ui"),
        ({"path": "/mt", "root_path": "/mt"}, ""),
        ({"path": "/mtx/ui", "root_path": "/mt"}, "/mtx/ui"),
        ({"path": "/ui", "root_path": "/mt"}, "/ui"),
        ({"path": "/mt/mt/ui", "root_path": "/mt"}, "/mt/ui"),
        ({"path": "/mt/a/b", "root_path": "/mt/a", "app_root_path": "/mt"}, "/a/b"),
        ({}, ""),
    ],
    ids=str,
)
def test_without_what_a_proxy_strips(scope: dict[str, str], path: str) -> None:
    assert route_path(scope) == path


@pytest.mark.parametrize(
    ("path", "query", "address"),
    [
        ("/mt/ui/jobs", b"", "/ui/jobs"),
        ("/mt/ui/archive", b"words=a%26b&after=", "/ui/archive?words=a%26b&after="),
        ("/mt/ui/a?b#c%d", b"x", "/ui/a%3Fb%23c%25d?x"),
        ("/mt//evil.example/", b"", "/evil.example/"),
        ("/mt/\\evil.example", b"", "/%5Cevil.example"),
        ("/mt", b"", "/"),
    ],
)
def test_what_was_asked_for_can_be_asked_for_again(path: str, query: bytes, address: str) -> None:
    scope = {"path": path, "root_path": "/mt", "query_string": query}
    assert asked_address(scope) == address


def test_the_root_in_a_mount_is_the_applications() -> None:
    assert root_path({"root_path": "/mt/a", "app_root_path": "/mt"}) == "/mt"


@pytest.mark.parametrize("piece", ["/", "/a", "/a -", "~/", "a/", "/a.", "'/a/", "\\", "C:\\a"])
def test_looking_for_folders_takes_no_time(piece: str) -> None:
    began = time.process_time()
    as_problem(InputError(piece * 50_000))
    assert time.process_time() - began < 0.5
