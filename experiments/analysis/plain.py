"""Results as plain JSON content."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON content
    """Return arrays and tuples as lists, and what cannot be said (NaN, infinity) as None."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
