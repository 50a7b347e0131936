"""What three scores come to: the verdict, in one place.

False accusations are the worst error. A machine is named only where the candidate renders the
original, either its text or its page shows the machine beyond the threshold, the text isn't far
from what machines write, and nothing on the page says that all is in order.
"""

from mtpipe.detection.copies import COPIED
from mtpipe.types import Finding, Score, Verdict
from mtpipe.types.shares import fine_percent, percent

MIN_WORDS = 40
"""Words of a candidate below which nothing is said."""

MACHINE_POSSIBLE = 0.1
"""A text with a lower ``machine_made`` isn't named for its page's sake: of 500 texts by machines,
whole or cut to 6 or 3 sentences, at most 1 in 100 had less, and most translations by people have."""

CLEAR_TRANSLATION = 0.95
"""A free text with a lower ``translation_of`` may be another report on the same event."""

EXONERATING = -2.0
"""Log-odds of a piece of evidence of the page that a machine isn't named against."""

_WHOLE = 0.8
_PART = 0.5


def decide(
    translation_of: Score,
    machine_made: Score,
    republication: Score,
    *,
    words: int,
    has_original: bool,
    copied: float | None = None,
    sought: str = "",
) -> Verdict:
    """Decide.

    Args:
        translation_of: score of that name.
        machine_made: likewise.
        republication: likewise.
        words: of the candidate's body.
        has_original: whether there was an original to compare with.
        copied: share of the wording that is the original's, where both are in one language.
        sought: where an original was looked for, if it was.
    """
    scores = (translation_of, machine_made, republication)
    if copied is not None and copied >= COPIED:
        return Verdict(
            Finding.COPY,
            scores,
            f"Of the wording {percent(copied)} stands in the original already.",
        )
    page = _page(republication)
    if words < MIN_WORDS and not republication.is_yes:
        return Verdict(
            Finding.INSUFFICIENT, scores, f"With {words} words the candidate is too short to tell."
        )
    if not has_original:
        finding = Finding.SIGNS if republication.is_yes else Finding.NO_SIGNS
        return Verdict(finding, scores, f"{page} {_absent(sought)}, so this is no proof.")
    if copied is not None:
        return Verdict(
            Finding.SIGNS if republication.is_yes else Finding.UNRELATED,
            scores,
            f"Both articles are in one language, and {percent(copied)} of the wording is the same: "
            f"no copy. {page}",
        )
    return _of_translation(translation_of, machine_made, republication)


def _of_translation(translation_of: Score, machine_made: Score, republication: Score) -> Verdict:
    """The verdict on a candidate that was compared with an original in another language."""
    scores, page = (translation_of, machine_made, republication), _page(republication)
    if translation_of.probability is None:
        return Verdict(Finding.INSUFFICIENT, scores, f"{translation_of.note}. {page}")
    if not translation_of.is_yes:
        return Verdict(
            Finding.UNRELATED, scores, f"The candidate doesn't render this original. {page}"
        )
    renders = _renders(translation_of)
    closely = f"{renders}, as closely as machines do and people hardly ever."
    against = [one for one in republication.evidence if one.weight <= EXONERATING]
    if against and (machine_made.is_probable or republication.is_yes):
        said = closely if machine_made.is_yes else f"{renders}. {page}"
        reasons = "; ".join(one.description for one in against)
        return Verdict(
            Finding.TRANSLATION,
            scores,
            f"{said} But it isn't called a machine's, because: {reasons}.",
        )
    if machine_made.is_yes:
        explanation = " ".join(filter(None, (closely, _how_often(machine_made), page)))
        return Verdict(Finding.MACHINE_REPUBLICATION, scores, explanation)
    if republication.is_yes and machine_made.probability is None:
        return Verdict(
            Finding.SIGNS, scores, f"{renders}. {page} Of the wording {machine_made.note}."
        )
    return _of_unproven(translation_of, machine_made, republication)


def _of_unproven(translation_of: Score, machine_made: Score, republication: Score) -> Verdict:
    """The verdict on a translation whose wording alone shows no machine."""
    scores, page = (translation_of, machine_made, republication), _page(republication)
    renders = _renders(translation_of)
    possible = machine_made.probability is None or machine_made.probability >= MACHINE_POSSIBLE
    if republication.is_yes and possible:
        return Verdict(
            Finding.MACHINE_REPUBLICATION,
            scores,
            f"{renders}. {page} The wording alone would not prove it.",
        )
    if machine_made.is_probable:
        closely = f"{renders}, more closely than most people do."
        explanation = " ".join(filter(None, (closely, _how_often(machine_made), page)))
        return Verdict(Finding.PROBABLE_MACHINE, scores, explanation)
    freely = "" if possible else " The wording is freer than that of machines."
    if not possible and (translation_of.probability or 0) < CLEAR_TRANSLATION:
        return Verdict(
            Finding.RELATED,
            scores,
            f"Both articles tell of the same; it may be a free translation or another report."
            f"{freely} {page}",
        )
    return Verdict(
        Finding.TRANSLATION, scores, f"{renders}; a person may have translated it.{freely} {page}"
    )


def _how_often(machine_made: Score) -> str:
    """The sentence on how often people's and machines' translations get such support; or nothing."""
    likelihood = machine_made.likelihood
    if likelihood is None:
        return ""
    rate = next((one for one in likelihood.rates if one.support is likelihood.support), None)
    if rate is None:
        return ""
    people = fine_percent(rate.innocents) if rate.innocents else "none"
    return (
        f"Of {likelihood.innocents:,} translations by people {people} got as much "
        f"support, of machines' {percent(rate.others)} ({likelihood.measured_on})."
    )


def _page(republication: Score) -> str:
    """The sentence on what the page shows."""
    if republication.is_yes:
        return "The page shows what machine-translated pages show."
    if any(one.weight > 0 for one in republication.evidence):
        return "What the page shows of a machine is too little to tell."
    return "The page shows nothing of a machine."


def _absent(sought: str) -> str:
    if sought:
        return f"In {sought} there is nothing like the candidate"
    return "There is no original to compare with"


def _renders(translation_of: Score) -> str:
    """The sentence on what the candidate renders, without its full stop."""
    covered = next(
        (one.value for one in translation_of.evidence if one.id == "candidate_covered"), None
    )
    if covered is None or covered >= _WHOLE:
        return "The candidate renders the original"
    share = "Most" if covered >= _PART else "A part"
    return f"{share} of the candidate ({percent(covered)}) renders the original"
