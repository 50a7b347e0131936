"""What three scores come to: the verdict, in one place.

False accusations are the worst error. A machine is named only where the candidate renders the
original and either its text or its page shows the machine beyond the threshold.
"""

from mtpipe.types import Finding, Score, Verdict

MIN_WORDS = 40
"""Words of a candidate below which nothing is said."""


def decide(
    translation_of: Score,
    machine_made: Score,
    republication: Score,
    *,
    words: int,
    has_original: bool,
    copied: float | None = None,
) -> Verdict:
    """Decide.

    Args:
        translation_of: score of that name.
        machine_made: likewise.
        republication: likewise.
        words: of the candidate's body.
        has_original: whether there was an original to compare with.
        copied: share of the wording that is the original's, where both are in one language and
            enough of it is the same; else None.
    """
    scores = (translation_of, machine_made, republication)
    if copied is not None:
        return Verdict(
            Finding.COPY, scores, f"{copied:.0%} of the wording stands in the original already."
        )
    page = (
        "The page shows what machine-translated pages show."
        if republication.is_yes
        else "The page shows nothing of a machine."
    )
    if words < MIN_WORDS and not republication.is_yes:
        return Verdict(
            Finding.INSUFFICIENT, scores, f"With {words} words the candidate is too short to tell."
        )
    if not has_original:
        finding = Finding.SIGNS if republication.is_yes else Finding.NO_SIGNS
        return Verdict(
            finding, scores, f"{page} There is no original to compare with, so this is no proof."
        )
    if translation_of.probability is None:
        return Verdict(Finding.INSUFFICIENT, scores, f"{translation_of.note}. {page}")
    if not translation_of.is_yes:
        return Verdict(
            Finding.UNRELATED, scores, f"The candidate doesn't render this original. {page}"
        )
    if machine_made.is_yes:
        return Verdict(
            Finding.MACHINE_REPUBLICATION,
            scores,
            f"The candidate renders the original, as closely as machines do and people hardly "
            f"ever. {page}",
        )
    if republication.is_yes:
        return Verdict(
            Finding.MACHINE_REPUBLICATION,
            scores,
            f"The candidate renders the original. {page} The wording alone would not prove it.",
        )
    return Verdict(
        Finding.TRANSLATION,
        scores,
        f"The candidate renders the original; a person may have translated it. {page}",
    )
