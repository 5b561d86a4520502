"""Counting what a program does, by its source: the same on any machine and any Python.

While `counting`, modules of the packages named are compiled with a counter in every function:

- ``calls``: calls made;
- ``operations``: expressions (calls, operators, indexing) that gave an array;
- ``arrays``: those that gave an array with memory of its own, and ``bytes``, how much;
- ``stores``: assignments into parts of something, and in place.

What libraries do inside is not counted, so their versions do not matter.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType
from typing import Any, Final, NamedTuple

import numpy as np

_SEEN: Final = "__seen__"
_CALLED: Final = "__called__"
_STORED: Final = "__stored__"


class Plant(NamedTuple):
    """A statement to put at the head of a function, to see that it is noticed."""

    module: str
    function: str
    statement: str


class Counts:
    """What has been counted so far."""

    def __init__(self) -> None:
        self.calls = self.operations = self.arrays = self.bytes = self.stores = 0

    def seen(self, value: Any) -> Any:
        """Count what an operator or an index gave."""
        if isinstance(value, np.ndarray):
            self.operations += 1
            if value.base is None:
                self.arrays += 1
                self.bytes += value.nbytes
        return value

    def called(self, value: Any) -> Any:
        """Count a call and what it gave."""
        self.calls += 1
        return self.seen(value)

    def stored(self) -> None:
        """Count a store."""
        self.stores += 1

    def taken(self) -> dict[str, int]:
        """Return what was counted since the last time."""
        found = dict(vars(self))
        vars(self).update(dict.fromkeys(found, 0))
        return found


@contextmanager
def counting(packages: Sequence[str], plant: Plant | None = None) -> Iterator[Counts]:
    """Count in packages that are imported for the first time while this lasts."""
    loaded = {name.partition(".")[0] for name in sys.modules}
    if loaded & set(packages):
        raise RuntimeError(f"{', '.join(sorted(loaded & set(packages)))}: imported before")
    counts = Counts()
    finder = _Finder(packages, plant)
    tools = {_SEEN: counts.seen, _CALLED: counts.called, _STORED: counts.stored}
    vars(builtins).update(tools)
    sys.meta_path.insert(0, finder)
    try:
        yield counts
    finally:
        sys.meta_path.remove(finder)


class _Finder:
    """Finds modules of the packages counted in."""

    def __init__(self, packages: Sequence[str], plant: Plant | None) -> None:
        self._packages, self._plant = set(packages), plant

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] not in self._packages:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return spec
        spec.loader = _Loader(spec.loader.name, spec.loader.path, self._plant)
        return spec


class _Loader(SourceFileLoader):
    """Compiles a module with counters in it, whatever is cached."""

    def __init__(self, name: str, path: str, plant: Plant | None) -> None:
        super().__init__(name, path)
        self._plant = plant if plant is not None and plant.module == name else None

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - as in the base class
        tree = ast.parse(self.get_data(self.path), self.path)
        counted = ast.fix_missing_locations(_Counting(self._plant).visit(tree))
        return compile(counted, self.path, "exec", dont_inherit=True)


class _Counting(ast.NodeTransformer):
    """Puts counters around expressions and before stores, within functions."""

    def __init__(self, plant: Plant | None) -> None:
        self._plant = plant
        self._depth = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._depth += 1
        node.body = [statement for old in node.body for statement in self._statements(old)]
        self._depth -= 1
        if self._plant is not None and self._plant.function == node.name:
            node.body[:0] = self._statements(ast.parse(self._plant.statement).body[0], inside=True)
        return node

    def _statements(self, node: ast.stmt, *, inside: bool = False) -> list[ast.stmt]:
        self._depth += inside
        found = self.visit(node)
        self._depth -= inside
        return found if isinstance(found, list) else [found]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        stores = sum(
            isinstance(part, ast.Subscript)
            for to in node.targets
            for part in ast.walk(to)
            if isinstance(getattr(part, "ctx", None), ast.Store)
        )
        self.generic_visit(node)
        return [*(_count(_STORED) for _ in range(stores)), node] if self._depth else node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
        return [_count(_STORED), node] if self._depth else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self._around(node, _CALLED)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return self._around(node, _SEEN)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return self._around(node, _SEEN)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        return self._around(node, _SEEN)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if not isinstance(node.ctx, ast.Load):
            self.generic_visit(node)
            return node
        return self._around(node, _SEEN)

    def _around(self, node: ast.expr, counter: str) -> ast.AST:
        self.generic_visit(node)
        if not self._depth:
            return node
        return ast.Call(ast.Name(counter, ast.Load()), [node], [])


def _count(counter: str) -> ast.stmt:
    return ast.Expr(ast.Call(ast.Name(counter, ast.Load()), [], []))
