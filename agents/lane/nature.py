"""Experiments on nature: what is asked of the world, and may be answered wrongly.

Organisations never know what is true. Who wants to know makes an experiment: its answer is drawn
with a chance that depends on the truth, and on what is known and done.
"""

from __future__ import annotations

from typing import Final

_FINE: Final = 1 << 20
"""Chances are rounded to so many parts, so that they are the same everywhere."""


def surer(chance: float, odds: float) -> float:
    """Return a chance whose odds are so many times as high; 0 and 1 stay what they are."""
    if chance in (0.0, 1.0):
        return chance
    times = chance / (1 - chance) * odds
    return round(times / (1 + times) * _FINE) / _FINE


def upholds(*, is_real: bool, right_if_real: float, right_if_false: float, odds: float) -> float:
    """Return the chance that an experiment says yes.

    Parameters
    ----------
    is_real
        The truth.
    right_if_real, right_if_false
        Chances of a right answer either way, with what is usually known.
    odds
        Times as high as then are the odds of a right answer now.
    """
    if is_real:
        return surer(right_if_real, odds)
    return 1 - surer(right_if_false, odds)
