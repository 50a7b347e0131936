"""How often somebody may ask, and how much text they may have worked on.

Windows that move, in memory: a restart forgets them. The package ``limits`` isn't used, as its
memory walks over all that it knows at each request, in a thread or task of its own, and never
forgets an address; so that many addresses would be enough to bring the server down.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from threading import Lock
from typing import Any

from mtpipe.web.guard.binding import is_for_oneself
from mtpipe.web.guard.callers import Caller
from mtpipe.web.problems import Problem
from mtpipe.web.settings import ServeSettings

__all__ = ["RateLimits", "Window", "address_of"]

_DEFAULT_PER_MINUTE = 120
_FAILURES_PER_MINUTE = 10
_MOST_KNOWN = 50_000
"""Callers remembered at once."""
_PARTS = 60


def address_of(scope: MutableMapping[str, Any]) -> str:
    """The address that a request counts for.

    Of IPv6 the network of 64 bits, as whoever has an address there has all of them.
    """
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0].partition("%")[0] if client else "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address)


class Window:
    """What each of many has used up within the last seconds. Threads may share one.

    It is counted in sixtieths of the window, so that a caller takes no more memory for asking
    more; what was used is forgotten a sixtieth later than it might be.

    Args:
        seconds: how long the window is.
        clock: the time in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._part_s = seconds / _PARTS
        self._clock = clock
        self._used: OrderedDict[str, list[list[int]]] = OrderedDict()
        self._turn = Lock()

    def take(self, who: str, amount: int, limit: int) -> int:
        """Use something up.

        Returns:
            0 if it was within the limit; else nothing was used up, and these are the seconds until
            there is room for it. Never so for more than the limit itself, which is the seconds of
            a window.
        """
        with self._turn:
            now = int(self._clock() / self._part_s)
            used = self._current(who, now)
            if sum(part[1] for part in used) + amount > limit:
                return self._wait(used, amount, limit)
            if used and used[-1][0] == now:
                used[-1][1] += amount
            else:
                used.append([now, amount])
            return 0

    def give_back(self, who: str, amount: int) -> None:
        """Take back what was used up last, after all."""
        with self._turn:
            for part in reversed(self._used.get(who, [])):
                taken = min(amount, part[1])
                part[1] -= taken
                amount -= taken

    def is_full(self, who: str, limit: int) -> int:
        """The seconds until one may be used up, 0 if it may be now; uses nothing up."""
        with self._turn:
            if who not in self._used:
                return 0
            used = self._current(who, int(self._clock() / self._part_s))
            return self._wait(used, 1, limit) if sum(part[1] for part in used) >= limit else 0

    def __len__(self) -> int:
        return len(self._used)

    def _current(self, who: str, now: int) -> list[list[int]]:
        used = self._used.setdefault(who, [])
        self._used.move_to_end(who)
        if len(self._used) > _MOST_KNOWN:
            self._used.popitem(last=False)  # who hasn't asked for the longest time
        while used and used[0][0] < now - _PARTS:
            del used[0]
        return used

    def _wait(self, used: list[list[int]], amount: int, limit: int) -> int:
        excess = sum(part[1] for part in used) + amount - limit
        for start, count in used:
            excess -= count
            if excess <= 0:
                free_s = (start + _PARTS + 1) * self._part_s - self._clock()
                return max(1, math.ceil(free_s))
        return math.ceil(_PARTS * self._part_s)


class RateLimits:
    """The limits of one server. Threads may share them.

    Args:
        settings: of the server.
        clock: the time in seconds.
    """

    def __init__(
        self, settings: ServeSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        wanted: int | None = settings.requests_per_minute
        if wanted is None and not is_for_oneself(settings):
            wanted = _DEFAULT_PER_MINUTE
        self._per_minute = wanted
        self._requests = Window(60, clock)
        self._characters = Window(86_400, clock)
        self._failures = Window(60, clock)
        self.refused = 0
        """Requests that were too many, since the server began."""

    def request(self, caller: Caller | None, address: str) -> None:
        """Count a request: for the caller's key, or else for the address.

        Raises:
            Problem: 429, it is one too many.
        """
        limit = caller.limits.requests_per_minute if caller else None
        limit = limit or self._per_minute
        if not limit:
            return
        who = caller.owner if caller and caller.has_key else f"address:{address}"
        if wait_s := self._requests.take(who, 1, limit):
            self._refuse(f"more than {limit} requests in a minute", wait_s)

    def request_after_all(self, caller: Caller, address: str) -> None:
        """Count a request for a key that was seen after it was counted for its address.

        Raises:
            Problem: 429, it is one too many.
        """
        self._requests.give_back(f"address:{address}", 1)
        self.request(caller, address)

    def characters(self, caller: Caller, count: int) -> None:
        """Count text that is worked on for a key.

        Raises:
            Problem: 429, the key has used up its characters of a day; 413, it never has as many.
        """
        limit = caller.limits.characters_per_day
        if limit and count > limit:
            raise Problem(
                413,
                f"{count} characters, and this key has {limit} a day",
                kind="more-than-a-day",
                hint="give less at once",
            )
        if limit and (wait_s := self._characters.take(caller.owner, count, limit)):
            self._refuse(f"more than {limit} characters in a day", wait_s)

    def failure(self, address: str) -> None:
        """Note that an address has shown a key that is none."""
        self._failures.take(address, 1, _FAILURES_PER_MINUTE)

    def refuse_guesses(self, address: str) -> None:
        """Refuse an address that has shown many keys that are none.

        Raises:
            Problem: 429.
        """
        if wait_s := self._failures.is_full(address, _FAILURES_PER_MINUTE):
            self._refuse("too many keys that aren't valid", wait_s)

    def _refuse(self, what: str, wait_s: int) -> None:
        self.refused += 1
        raise Problem(
            429,
            what,
            kind="too-many-requests",
            hint=f"try again in {wait_s} s",
            headers={"Retry-After": str(wait_s)},
        )
