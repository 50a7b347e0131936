"""The speed of the contenders on each test set, as far as it isn't measured yet."""

from collections.abc import Sequence

from mtpipe import __version__
from mtpipe.pipeline.bench.contenders import Contender
from mtpipe.pipeline.bench.plan import Measured, Progress, failed_labels, record_failure
from mtpipe.pipeline.bench.speed import (
    ContenderFailed,
    SpeedPlan,
    measure_round,
    sample,
    sample_id,
    session_id,
)
from mtpipe.pipeline.bench.store import Store
from mtpipe.pipeline.bench.units import TestSet

_UNSTATED = "0.1.0"
"""The version that rounds are of which don't state one."""


def measure_speed(
    state: Measured, store: Store, each: TestSet, plan: SpeedPlan, on_progress: Progress
) -> None:
    """Rounds of those that lack them, together with the baseline.

    Of contenders that were measured together with the baseline before, nothing is measured again.
    Where one fails, the others go on without it.
    """
    task = state.plan.task
    samples = [sample(task, unit, plan) for unit in each.units]
    alive = [c for c in state.chosen if c.configuration.label not in failed_labels(state)]
    if not alive:
        return
    if not state.plan.force:
        _known_sessions(state, store, each, alive, sample_id(samples), plan.rounds)
    missing = [c for c in alive if (each.name, c.configuration.key) not in state.sessions]
    if not missing:
        return
    together = [alive[0], *(c for c in missing if c is not alive[0])]
    sampled = sample_id(samples)
    session = session_id(together, sampled, state.machine, state.threads)
    if state.plan.force:
        for contender in together:
            _drop_rounds(store, contender, each, session)
    first = _whole_rounds(store, together, each, session)
    items = sum(s.items for s in samples for c in together if c.can(s.unit.direction))
    total, done = items * (plan.rounds - first), 0
    for number in range(first, plan.rounds):
        what = f"speed, round {number + 1} of {plan.rounds}"
        on_progress(what, done, total)

        def advance(more: int, what: str = what) -> None:
            nonlocal done
            done += more
            on_progress(what, done, total)

        try:
            records = measure_round(task, together, samples, number, on_progress=advance)
        except ContenderFailed as exc:
            record_failure(state, exc.contender, f"speed on {each.name}", exc.error)
            measure_speed(state, store, each, plan, on_progress)  # of the others
            return
        for contender, record in zip(together, records, strict=True):
            entry = store.entry(contender.configuration, each.name)
            # The weakest part of a round that was cut off half-way is its other half.
            entry["speed"] = [
                old for old in entry["speed"] if (old["session"], old["round"]) != (session, number)
            ]
            entry["speed"].append(
                {
                    "session": session,
                    "sample": sampled,
                    "machine": state.machine,
                    "threads": state.threads,
                    "mtpipe": __version__,
                    "with": [c.configuration.key for c in together],
                    **record,
                }
            )
            store.save(contender.configuration, each.name)
        state.measured += len(together)
    for contender in together:
        state.sessions.setdefault((each.name, contender.configuration.key), session)


def _known_sessions(
    state: Measured,
    store: Store,
    each: TestSet,
    alive: Sequence[Contender],
    sampled: str,
    count: int,
) -> None:
    """Find, for each contender, rounds that the baseline took part in."""
    baseline = alive[0].configuration.key
    for contender in alive:
        rounds: dict[str, int] = {}
        for record in store.entry(contender.configuration, each.name)["speed"]:
            is_ours = (
                record["machine"] == state.machine
                and record["threads"] == state.threads
                and record.get("mtpipe", _UNSTATED) == __version__
                and baseline in record["with"]
                and record["sample"] == sampled
            )
            if is_ours:
                rounds[record["session"]] = rounds.get(record["session"], 0) + 1
        enough = [session for session, there in rounds.items() if there >= count]
        if enough:
            state.sessions[each.name, contender.configuration.key] = enough[-1]


def _whole_rounds(store: Store, together: Sequence[Contender], each: TestSet, session: str) -> int:
    """Number of rounds from the first on that every contender has."""
    numbers = [
        {
            record["round"]
            for record in store.entry(c.configuration, each.name)["speed"]
            if record["session"] == session
        }
        for c in together
    ]
    common = set.intersection(*numbers)
    count = 0
    while count in common:
        count += 1
    return count


def _drop_rounds(store: Store, contender: Contender, each: TestSet, session: str) -> None:
    entry = store.entry(contender.configuration, each.name)
    entry["speed"] = [record for record in entry["speed"] if record["session"] != session]
