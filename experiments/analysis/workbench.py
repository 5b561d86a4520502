"""PRIM and CART of ema_workbench, behind two functions on arrays.

J. H. Kwakkel, "The Exploratory Modeling Workbench", Environmental Modelling & Software 96, 2017.
The package is an extra. Release 2.5.3 and pandas 3 need five precautions, all of them here:

- Its import warns of parts that are not installed and not used here (ipyparallel, altair), and
  its use of pandas warns of what pandas will drop. These warnings are silenced, no others.
- A limit is put between two values, and pandas 3 refuses to put 0.5 into a column of whole
  numbers (``TypeError: Invalid value '0.5' for dtype 'int64'``). Every column is passed as float.
- It reads one class of interest by ``y >= threshold`` and gives a box without limits if its last
  box has a density below the threshold. The threshold passed is just above zero, so that the whole
  trajectory comes back; choosing from it is done in `experiments.analysis.discovery`.
- Its PRIM stops at the first step on which no peel raises the density. Where cases of interest are
  scattered a little, that is long before the box is found; Friedman and Fisher peel on. The
  objectives passed here always let it go on.
- Its CART leaves scikit-learn's tree without a seed, and ties between splits are then broken by
  NumPy's global generator. The tree is fitted here, with a fixed seed, and handed over.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from experiments.errors import UserError
from experiments.outcomes import F64, Mask

Objective = Literal["patient", "greedy"]

ANY_DENSITY: Final = 1e-6
PEEL: Final = 0.05
"""Share of the settings that a step of peeling takes off, the default of ema_workbench."""
TREE_SEED: Final = 0


@dataclass(frozen=True, eq=False)
class Limits:
    """A box: closed intervals, one for each of K parameters; infinite where there is no limit."""

    lows: F64
    highs: F64

    def inside(self, table: F64) -> Mask:
        """Return which rows of a table, shape (n, K), are in the box."""
        found: Mask = np.all((self.lows <= table) & (table <= self.highs), axis=1)
        return found

    @property
    def restricted(self) -> Mask:
        """Which parameters have a limit, shape (K,)."""
        return np.isfinite(self.lows) | np.isfinite(self.highs)


def peel(
    table: F64, of_interest: Mask, mass: float, objective: Objective = "patient"
) -> list[Limits]:
    """Return the boxes on PRIM's trajectory of peeling and pasting; the first is without limits.

    Parameters
    ----------
    table
        Shape (n, K).
    of_interest
        Shape (n,); some, not all.
    mass
        Least share of the rows in a box.
    objective
        ``patient`` takes off the slice with the lowest density; ``greedy`` also prefers slices
        that take off much. They differ where slices differ in size, as those of a switch do.

    Raises
    ------
    UserError
        If ema_workbench is not installed.
    """
    with _workbench():
        from ema_workbench.analysis.prim import Prim

        frame = _frame(table)
        prim = Prim(frame, of_interest, ANY_DENSITY, peel_alpha=PEEL, mass_min=mass)
        prim.obj_func = {"patient": _patient, "greedy": _greedy}[objective]
        boxes = prim.find_box().box_lims
    return [_limits(box, table, frame.columns) for box in boxes]


def leaves(table: F64, of_interest: Mask, mass: float, gain: float) -> list[Limits]:
    """Return the boxes that CART divides the settings into.

    Parameters
    ----------
    table, of_interest, mass
        As for `peel`.
    gain
        By how much a split must lower the Gini impurity, weighted by the share of the rows.

    Raises
    ------
    UserError
        If ema_workbench is not installed.
    """
    with _workbench():
        from ema_workbench.analysis.cart import CART
        from sklearn.tree import DecisionTreeClassifier

        frame = _frame(table)
        cart = CART(frame, of_interest, mass_min=mass)
        cart.clf = DecisionTreeClassifier(
            min_samples_leaf=max(1, int(mass * len(table))),
            min_impurity_decrease=gain,
            random_state=TREE_SEED,
        )
        cart.clf.fit(table, of_interest)
        if cart.clf.tree_.node_count == 1:  # its search for branches needs a split
            return [_unlimited(table.shape[1])]
        boxes = cart.boxes
    return [_limits(box, table, frame.columns) for box in boxes]


def _patient(_prim: object, before: Mask, after: Mask) -> float:
    """Score a peel by the density of what it takes off, a paste by that of what it adds.

    A peel has a positive score, so that peeling goes on; one that takes nothing off has none.
    """
    change = len(after) - len(before)
    if change == 0:
        return 0.0
    moved = (int(after.sum()) - int(before.sum())) / change
    return 1.0 + float(before.mean()) - moved if change < 0 else moved


def _greedy(prim: object, before: Mask, after: Mask) -> float:
    """Score as the default objective of ema_workbench does, but never let peeling stop."""
    score = _patient(prim, before, after)
    is_gain = len(after) < len(before) and score > 1.0
    return 1.0 + (score - 1.0) / max(len(after), 1) if is_gain else score


@contextmanager
def _workbench() -> Iterator[None]:
    """Use ema_workbench: quietly, and with one message if it is not there."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="ipyparallel not installed")
        warnings.filterwarnings("ignore", message="altair based", category=ImportWarning)
        warnings.filterwarnings("ignore", message="The inplace keyword", category=Warning)
        try:
            yield
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] not in {"ema_workbench", "sklearn"}:
                raise
            raise UserError(
                f"{error.name} is not installed",
                "scenario discovery uses PRIM and CART of ema_workbench, an extra",
                'pip install "fivesteps[explore]"',
            ) from error


def _frame(table: F64) -> Any:  # noqa: ANN401 - pandas is loaded when first needed
    import pandas as pd

    return pd.DataFrame(table.astype(np.float64), columns=_columns(table.shape[1]))


def _columns(count: int) -> list[str]:
    return [f"x{place}" for place in range(count)]


def _unlimited(count: int) -> Limits:
    return Limits(np.full(count, -np.inf), np.full(count, np.inf))


def _limits(box: Any, table: F64, columns: Sequence[str]) -> Limits:  # noqa: ANN401 - a frame
    """Read a box; a limit that cuts nothing off is none."""
    lows, highs = box[list(columns)].to_numpy(dtype=np.float64)
    return Limits(
        np.where(lows > table.min(axis=0), lows, -np.inf),
        np.where(highs < table.max(axis=0), highs, np.inf),
    )
