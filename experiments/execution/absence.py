"""Waiting where there is no worker: told at once, and not for ever."""

from __future__ import annotations

import time
from typing import Final

from experiments.errors import WorkerLostError, tell
from experiments.terminal import readable_seconds

LINE_EVERY_S: Final = 60
"""Seconds between two lines about a wait; a batch system may take days."""


class Absence:
    """Watches whether there are workers, and says so where there are none.

    Parameters
    ----------
    patience_s
        Seconds to wait for one; None for as long as it takes, since a batch system starts them.
    """

    def __init__(self, patience_s: float | None) -> None:
        self._patience_s = patience_s
        self._since: float | None = None
        self._said = 0.0
        self._had_some = False

    def saw(self, workers: int) -> bool:
        """Take note of how many workers there are; say whether they came after a wait for them.

        Raises
        ------
        WorkerLostError
            If none came in time.
        """
        now = time.monotonic()
        if workers:
            waited, self._since, self._had_some = self._since is not None, None, True
            if waited:
                tell("a worker is there; going on")
            return waited
        if self._since is None:
            self._since = self._said = now
            tell(f"{'no worker is left' if self._had_some else 'no worker yet'}; {self._plan()}")
        elif self._patience_s is not None and now - self._since >= self._patience_s:
            raise WorkerLostError(f"no worker came within {readable_seconds(self._patience_s)}")
        elif now - self._said >= LINE_EVERY_S:
            self._said = now
            tell(f"no worker for {readable_seconds(now - self._since)}; {self._plan()}")
        return False

    def _plan(self) -> str:
        if self._patience_s is None:
            return "waiting until the batch system starts one"
        return f"waiting up to {readable_seconds(self._patience_s)} for one"
