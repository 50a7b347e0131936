"""Shares in words: no figure says never or always of what was rounded to that."""

__all__ = ["fine_percent", "percent", "percent_of_probability"]

_LEAST_FINE = 0.0005
_LEAST_PROBABILITY = 1e-9


def percent(share: float, digits: int = 0) -> str:
    """A share in percent; 0 and 100 only where it is exactly that.

    >>> percent(0.3), percent(0.997), percent(0.004), percent(0.9997, 1)
    ('30%', 'over 99%', 'under 1%', 'over 99.9%')

    Args:
        share: 0..1.
        digits: behind the decimal point.
    """
    shown, step = f"{share:.{digits}%}", 10.0**-digits
    if share > 0 and shown == f"{0:.{digits}%}":
        return f"under {step:.{digits}f}%"
    if share < 1 and shown == f"{1:.{digits}%}":
        return f"over {100 - step:.{digits}f}%"
    return shown


def fine_percent(share: float) -> str:
    """Likewise, with two significant digits of what is small.

    >>> fine_percent(0.263), fine_percent(0.0132), fine_percent(0.0001)
    ('26%', '1.3%', 'under 0.05%')
    """
    if 0 < share < _LEAST_FINE:
        return f"under {100 * _LEAST_FINE:g}%"
    return f"{100 * share:.2g}%" if share < 0.1 else percent(share)


def percent_of_probability(probability: float, *, fine: bool = False) -> str:
    """A probability in percent, which is never certainty, even where floating point has no other.

    Args:
        probability: 0..1.
        fine: as :func:`fine_percent`.
    """
    short_of = min(max(probability, _LEAST_PROBABILITY), 1 - _LEAST_PROBABILITY)
    return fine_percent(short_of) if fine else percent(short_of)
