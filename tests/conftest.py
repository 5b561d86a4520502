"""Settings of all tests."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("new examples every time", deadline=None)
settings.register_profile("the same examples every time", deadline=None, derandomize=True)
settings.load_profile(
    "the same examples every time" if os.environ.get("CI") else "new examples every time"
)
