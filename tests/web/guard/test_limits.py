"""Windows that move, and whom a request counts for."""

import random
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.errors import ConfigError
from mtpipe.web.guard import limits as module
from mtpipe.web.guard.callers import Caller, KeyLimits
from mtpipe.web.guard.limits import RateLimits, Window, address_of
from mtpipe.web.problems import Problem
from mtpipe.web.settings import ServeSettings
from tests.web.guard.small import client_of, for_others, small_app


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_never_more_than_the_limit_in_any_window() -> None:
    clock, chance = Clock(), random.Random(1)
    window = Window(60, clock)
    taken: list[float] = []
    for _ in range(5000):
        clock.now += chance.expovariate(2)
        if not window.take("a", 1, 20):
            taken.append(clock.now)
        assert sum(t > clock.now - 60 for t in taken) <= 20
    assert len(taken) > 5000 / 2 / 60 * 20 * 0.95  # nor much less


def test_it_says_when_there_is_room_again() -> None:
    clock, chance = Clock(), random.Random(2)
    window = Window(60, clock)
    for _ in range(300):
        clock.now += chance.random()
        amount = chance.randint(1, 5)
        if wait_s := window.take("a", amount, 30):
            assert 1 <= wait_s <= 62
            clock.now += wait_s
            assert window.take("a", amount, 30) == 0


def test_what_was_refused_uses_nothing_up() -> None:
    window = Window(60, Clock())
    assert window.take("a", 9, 10) == 0
    assert window.take("a", 5, 10) > 0
    assert window.take("a", 1, 10) == 0
    assert window.is_full("a", 10)
    assert not window.is_full("b", 10)


def test_what_is_given_back_can_be_used_again() -> None:
    clock = Clock()
    window = Window(60, clock)
    window.take("a", 3, 5)
    clock.now += 10
    window.take("a", 2, 5)
    window.give_back("a", 4)
    window.give_back("b", 4)
    assert window.take("a", 5, 5) > 0
    assert window.take("a", 4, 5) == 0


def test_asking_more_takes_no_more_memory() -> None:
    clock = Clock()
    window = Window(60, clock)
    for _ in range(10_000):
        clock.now += 0.05
        window.take("a", 1, 10**9)
    assert len(window._used["a"]) <= 62


def test_many_callers_are_forgotten_the_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_KNOWN", 100)
    window = Window(60, Clock())
    for number in range(1000):
        window.take(str(number), 1, 1)
    assert len(window) == 100
    assert window.is_full("999", 1)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "unknown"),
        ("1.2.3.4\r\nX: y", "unknown"),
        ("x" * 10**5, "unknown"),
    ],
    ids=lambda text: text[:20],
)
def test_whom_an_address_stands_for(host: str, address: str) -> None:
    assert address_of({"client": (host, 1)}) == address


def test_a_socket_without_addresses() -> None:
    assert address_of({"client": None}) == "unknown"
    assert address_of({}) == "unknown"


def test_a_limit_for_everybody_and_one_of_a_key(tmp_path: Path) -> None:
    limits = RateLimits(for_others(tmp_path, requests_per_minute=2), Clock())
    patient = Caller("a", limits=KeyLimits(requests_per_minute=3), owner="key:a", has_key=True)
    plain = Caller("b", owner="key:b", has_key=True)
    for caller, most in ((patient, 3), (plain, 2), (None, 2)):
        for _ in range(most):
            limits.request(caller, "192.0.2.7")
        with pytest.raises(Problem, match="minute") as caught:
            limits.request(caller, "192.0.2.7")
        assert caught.value.status_code == 429
        assert caught.value.headers
        assert 1 <= int(caught.value.headers["Retry-After"]) <= 61
    assert limits.refused == 3
    limits.request(None, "192.0.2.8")


def test_characters_of_a_day(tmp_path: Path) -> None:
    clock = Clock()
    limits = RateLimits(ServeSettings(home=tmp_path), clock)
    caller = Caller("a", limits=KeyLimits(characters_per_day=1000), owner="key:a", has_key=True)
    limits.characters(caller, 900)
    clock.now += 3600
    with pytest.raises(Problem, match="day") as caught:
        limits.characters(caller, 101)
    assert caught.value.status_code == 429
    with pytest.raises(Problem, match="1000 a day") as caught:
        limits.characters(caller, 1001)
    assert caught.value.status_code == 413
    limits.characters(caller, 100)
    clock.now += 86_400
    limits.characters(caller, 900)
    limits.characters(Caller("b", owner="key:b", has_key=True), 10**9)


@pytest.mark.parametrize(
    ("options", "is_limited"),
    [
        ({}, False),
        ({"requests_per_minute": 3}, True),
        ({"needs_keys": True}, True),
        ({"is_open": True, "host": "0.0.0.0"}, True),
        ({"forwarded_allow_ips": "127.0.0.1"}, True),
    ],
    ids=["oneself", "wanted", "keys", "open", "proxy"],
)
def test_nobody_limits_themselves(
    tmp_path: Path, options: dict[str, object], is_limited: bool
) -> None:
    limits = RateLimits(ServeSettings(home=tmp_path, **options), Clock())  # type: ignore[arg-type]

    def ask() -> None:
        for _ in range(121):
            limits.request(Caller.anyone(), "127.0.0.1")

    if is_limited:
        with pytest.raises(Problem):
            ask()
    else:
        ask()


def test_too_many_requests_are_refused_with_a_time(tmp_path: Path) -> None:
    client = client_of(small_app(ServeSettings(home=tmp_path, requests_per_minute=3)))
    answers = [client.get("/api/v1/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["type"] == "urn:mtpipe:problem:too-many-requests"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 61
    assert client.get("/healthz").status_code == 200
    assert client.get("/ui/static/page.css").status_code == 200


FORGED = [f"198.51.100.{number}" for number in range(4)]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Client-IP"])
def test_nobody_chooses_their_address(tmp_path: Path, header: str) -> None:
    client = client_of(small_app(ServeSettings(home=tmp_path, requests_per_minute=3)))
    statuses = [client.get("/api/v1/me", headers={header: a}).status_code for a in FORGED]
    assert statuses == [200, 200, 200, 429]


def test_a_proxys_word_is_taken_for_the_last_address_only(tmp_path: Path) -> None:
    app = small_app(
        for_others(tmp_path, is_open=True, requests_per_minute=3, forwarded_allow_ips="10.0.0.0/8")
    )
    proxy = client_of(app, host="192.0.2.1", address="10.1.2.3")
    # The client wrote the first address into the header, the proxy the second.
    statuses = [
        proxy.get("/api/v1/me", headers={"X-Forwarded-For": f"{a}, 203.0.113.5"}).status_code
        for a in FORGED
    ]
    assert statuses == [200, 200, 200, 429]
    other = proxy.get("/api/v1/me", headers={"X-Forwarded-For": "203.0.113.6"})
    assert other.json()["owner"] == "address:203.0.113.6"
    past = client_of(app, host="192.0.2.1", address="203.0.113.7")
    found = past.get("/api/v1/me", headers={"X-Forwarded-For": "203.0.113.6"})
    assert found.json()["owner"] == "address:203.0.113.7"


@pytest.mark.parametrize(
    "proxies", ["*", "0.0.0.0/0", "::/0", "10.0.0.5, *", "10.0.0.0/33", "10.0.0.1/8", "proxy", "a,"]
)
def test_proxies_that_would_be_everybody_or_nobody(tmp_path: Path, proxies: str) -> None:
    with pytest.raises(ConfigError, match="forwarded-allow-ips"):
        small_app(ServeSettings(home=tmp_path, forwarded_allow_ips=proxies))


def test_failed_keys_are_counted_by_address(locked_app: FastAPI, locked: TestClient) -> None:
    key = locked_app.state.services.keys.new("Ada")
    other = locked_app.state.services.keys.new("Bob")
    good = {"Authorization": f"Bearer {key}"}
    assert locked.get("/api/v1/me", headers=good).status_code == 200
    bad = [{"X-API-Key": "mtp_" + f"{number:043}"} for number in range(11)]
    statuses = [locked.get("/api/v1/me", headers=headers).status_code for headers in bad]
    assert statuses == [401] * 10 + [429]
    # Whoever was let in before isn't shut out by a neighbour; and a hit isn't told any more.
    assert locked.get("/api/v1/me", headers=good).status_code == 200
    assert locked.get("/api/v1/me", headers={"X-API-Key": other}).status_code == 429
    elsewhere = client_of(locked_app, host="192.0.2.1", address="198.51.100.8")
    assert elsewhere.get("/api/v1/me", headers={"X-API-Key": other}).status_code == 200


def test_failed_keys_count_where_they_are_in_a_body_and_on_the_page(
    locked_app: FastAPI, locked: TestClient
) -> None:
    for number in range(5):
        assert locked.post("/translate", data={"api_key": f"x{number}"}).status_code == 403
        page = locked.post("/ui/sign-in", data={"key": f"y{number}"})
        assert page.status_code == 401
    assert locked.post("/translate", data={"api_key": "z"}).status_code == 429
    assert locked.post("/ui/sign-in", data={"key": "z"}).status_code == 429
