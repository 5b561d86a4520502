"""Numbers for a reader."""

from __future__ import annotations

import math
from typing import Final

DAY_H: Final = 24
LEAST_P: Final = 0.001
DIGITS: Final = ((100, 0), (10, 1), (1, 2), (0.001, 3))
"""Digits after the point from a size upwards."""


def number(value: float, *, sign: bool = False, digits: int | None = None) -> str:
    """Write a number, with about three digits if `digits` after the point are not given."""
    if not math.isfinite(value):
        return "-"
    value += 0.0  # no minus before a zero, but before what is rounded to it
    if digits is not None:
        return f"{value:{'+' if sign else ''},.{digits}f}"
    digits = next((digits for least, digits in DIGITS if abs(value) >= least), None)
    plus = "+" if sign and value else ""
    if value.is_integer():
        digits = 0
    return f"{value:{plus}.1e}" if digits is None else f"{value:{plus},.{digits}f}"


def amount(value: float, *, is_duration: bool = False) -> str:
    """Write a number, or hours as a duration with its unit."""
    if not is_duration or not math.isfinite(value):
        return number(value)
    return f"{number(value / DAY_H)} d" if abs(value) >= DAY_H else f"{number(value)} h"


def percent(share: float) -> str:
    """Write a share in per cent."""
    return "-" if math.isnan(share) else f"{share:.0%}"


def p_value(p: float) -> str:
    """Write a p-value."""
    if math.isnan(p):
        return "-"
    return f"<{LEAST_P}" if p < LEAST_P else f"{p:.3f}"
