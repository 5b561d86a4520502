"""PRIM of ema_workbench and CART of scikit-learn, behind two functions on arrays.

J. H. Kwakkel, "The Exploratory Modeling Workbench", Environmental Modelling & Software 96, 2017.
The package is an extra. Releases 2.5 and 3 and pandas 3 need these precautions, all of them here:

- Its import warns of parts that are not installed and not used here (ipyparallel, altair), and
  its use of pandas warns of what pandas will drop. These warnings are silenced, no others.
- A limit is put between two values, and pandas 3 refuses to put 0.5 into a column of whole
  numbers (``TypeError: Invalid value '0.5' for dtype 'int64'``). Every column is passed as float,
  but those of words, which are passed as categories.
- Release 2.5 reads one class of interest by ``y >= threshold`` and gives a box without limits if
  its last box has a density below the threshold. The threshold passed is just above zero, so that
  the whole trajectory comes back; choosing from it is done in `experiments.analysis.discovery`.
  Release 3 has no threshold.
- It tries the words of a column in the order of a set, and the first of equals is taken. Words are
  passed as small whole numbers, whose order in a set is their own.
- Its PRIM stops at the first step on which no peel raises the density. Where cases of interest are
  scattered a little, that is long before the box is found; Friedman and Fisher peel on. The
  objectives passed here always let it go on.
- Its CART leaves scikit-learn's tree without a seed, and ties between splits are then broken by
  NumPy's global generator; and a branch that takes one word alone is read as if it took all. The
  tree is fitted and read here.
"""

from __future__ import annotations

import inspect
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

LOW, HIGH, WORDS = 0, 1, 2
"""Sides of a box on which there may be a limit: what is less, more, or another word."""


@dataclass(frozen=True, eq=False)
class Limits:
    """A box: for each of K parameters a closed interval, or some of its words.

    Parameters
    ----------
    lows, highs
        Ends, shape (K,); infinite where there is no limit.
    left_out
        Words that are not in the box, each a column with a number of the table.
    """

    lows: F64
    highs: F64
    left_out: frozenset[tuple[int, float]] = frozenset()

    def inside(self, table: F64) -> Mask:
        """Return which rows of a table, shape (n, K), are in the box."""
        within = [np.all((self.lows <= table) & (table <= self.highs), axis=1)]
        within += [table[:, place] != word for place, word in self.left_out]
        found: Mask = np.all(np.stack(within), axis=0)
        return found

    @property
    def sides(self) -> Mask:
        """On which sides there are limits: `LOW`, `HIGH`, `WORDS`; shape (3, K)."""
        words = np.zeros(len(self.lows), np.bool_)
        words[[place for place, _ in self.left_out]] = True
        return np.stack([np.isfinite(self.lows), np.isfinite(self.highs), words])

    @property
    def restricted(self) -> Mask:
        """Which parameters have a limit, shape (K,)."""
        found: Mask = np.any(self.sides, axis=0)
        return found

    def without(self, side: int, place: int) -> Limits:
        """Return a box without its limit on one side of a parameter."""
        lows, highs = self.lows.copy(), self.highs.copy()
        if side == WORDS:
            left = frozenset(pair for pair in self.left_out if pair[0] != place)
            return Limits(lows, highs, left)
        (lows, highs)[side][place] = (-np.inf, np.inf)[side]
        return Limits(lows, highs, self.left_out)


def peel(
    table: F64,
    of_interest: Mask,
    mass: float,
    objective: Objective = "patient",
    words: Sequence[int] = (),
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
    words
        Columns whose numbers have no order.

    Raises
    ------
    UserError
        If ema_workbench is not installed.
    """
    with _workbench():
        boxes = _peeled(table, of_interest, mass, objective, words).box_lims
    return [_limits(box, table, words) for box in boxes]


def _peeled(
    table: F64, of_interest: Mask, mass: float, objective: Objective, words: Sequence[int]
) -> Any:  # noqa: ANN401 - ema_workbench has no types
    """Return the box that PRIM of any release finds, with its trajectory."""
    from ema_workbench.analysis.prim import Prim

    given: dict[str, Any] = {"peel_alpha": PEEL, "mass_min": mass}
    if "threshold" in inspect.signature(Prim).parameters:  # up to release 2.5
        given["threshold"] = ANY_DENSITY
    prim = Prim(_frame(table, words), of_interest, **given)
    prim.obj_func = {"patient": _patient, "greedy": _greedy}[objective]
    return prim.find_box()


def leaves(
    table: F64, of_interest: Mask, mass: float, gain: float, words: Sequence[int] = ()
) -> list[Limits]:
    """Return the boxes that CART divides the settings into.

    Parameters
    ----------
    table, of_interest, mass, words
        As for `peel`. A column of words is divided into one of them and the others.
    gain
        By how much a split must lower the Gini impurity, weighted by the share of the rows.

    Raises
    ------
    UserError
        If scikit-learn is not installed.
    """
    with _workbench():
        from sklearn.tree import DecisionTreeClassifier

    ordered = [place for place in range(table.shape[1]) if place not in words]
    pairs = [(place, word) for place in words for word in np.unique(table[:, place]).tolist()]
    one_of = [table[:, place] == word for place, word in pairs]
    tree = DecisionTreeClassifier(
        min_samples_leaf=max(1, int(mass * len(table))),
        min_impurity_decrease=gain,
        random_state=TREE_SEED,
    )
    tree.fit(np.column_stack([table[:, ordered], *one_of]), of_interest)
    features = [*((place, None) for place in ordered), *pairs]
    return list(_branches(tree.tree_, 0, _unlimited(table.shape[1]), features))


def _branches(
    tree: Any,  # noqa: ANN401 - scikit-learn has no types
    node: int,
    box: Limits,
    features: Sequence[tuple[int, Any]],
) -> Iterator[Limits]:
    """Give the boxes of the leaves below a node, which is `box`, from left to right."""
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left < 0:
        yield box
        return
    place, word = features[int(tree.feature[node])]
    if word is None:
        limit = float(tree.threshold[node])
        lows, highs = box.lows.copy(), box.highs.copy()
        lows[place], highs[place] = limit, limit
        below = Limits(box.lows, highs, box.left_out)
        above = Limits(lows, box.highs, box.left_out)
    else:
        others = {(at, one) for at, one in features if at == place and one not in {None, word}}
        below = Limits(box.lows, box.highs, box.left_out | {(place, word)})
        above = Limits(box.lows, box.highs, box.left_out | others)
    yield from _branches(tree, left, below, features)
    yield from _branches(tree, right, above, features)


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
                "scenario discovery uses PRIM of ema_workbench and CART of scikit-learn, an extra",
                'pip install "fivesteps[explore]"',
            ) from error


def _frame(table: F64, words: Sequence[int]) -> Any:  # noqa: ANN401 - pandas is loaded when first needed
    import pandas as pd

    columns: dict[str, Any] = {}
    for place, numbers in enumerate(table.T.astype(np.float64)):
        is_words = place in words
        column = pd.Categorical(numbers.astype(np.int64)) if is_words else numbers
        columns[_name(place)] = column
    return pd.DataFrame(columns)


def _name(place: int) -> str:
    return f"x{place}"


def _unlimited(count: int) -> Limits:
    return Limits(np.full(count, -np.inf), np.full(count, np.inf))


def _limits(box: Any, table: F64, words: Sequence[int]) -> Limits:  # noqa: ANN401 - a frame
    """Read a box; a limit that cuts nothing off is none. It lacks words that are all the same."""
    found = _unlimited(table.shape[1])
    left_out: set[tuple[int, float]] = set()
    for place, numbers in enumerate(table.T):
        if place not in words:
            low, high = (float(end) for end in box[_name(place)])
            found.lows[place] = low if low > numbers.min() else -np.inf
            found.highs[place] = high if high < numbers.max() else np.inf
        elif _name(place) in box:
            kept = {float(word) for word in box[_name(place)][0]}
            left_out |= {(place, word) for word in set(numbers.tolist()) - kept}
    return Limits(found.lows, found.highs, frozenset(left_out))
