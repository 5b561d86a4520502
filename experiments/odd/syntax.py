"""Reading the text of code: calls, what names stand for, what callers give."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Call(NamedTuple):
    """A call, the functions around it from the outside in, and where it stands."""

    node: ast.Call
    around: tuple[Function, ...]
    file: str
    place: str


def calls(tree: ast.Module, file: str) -> Iterator[Call]:
    """Every call of a file."""

    def visit(node: ast.AST, around: tuple[Function, ...], names: str) -> Iterator[Call]:
        if isinstance(node, ast.Call):
            yield Call(_whole(node), around, file, names)
        if isinstance(node, Function | ast.ClassDef):
            names = f"{names}.{node.name}" if names else node.name
        if isinstance(node, Function):
            around = (*around, node)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, around, names)

    return visit(tree, (), "")


def _whole(node: ast.Call) -> ast.Call:
    """Return a call itself, or the call that ``partial(function, ...)`` prepares."""
    match node:
        case ast.Call(func=ast.Name(id="partial"), args=[function, *given]):
            prepared = ast.Call(function, given, node.keywords)
            return ast.copy_location(prepared, node)
    return node


def called(node: ast.Call) -> str:
    """Last name of what is called."""
    return last(node.func)


def last(node: ast.expr) -> str:
    """Last name of a dotted name."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def parameters(function: Function) -> dict[str, ast.expr | None]:
    """Parameters of a function with their annotations."""
    spec = function.args
    named = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    every = (*named, *filter(None, (spec.vararg, spec.kwarg)))
    return {one.arg: one.annotation for one in every}


def properties(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """What the properties of a file's classes return, by name."""
    return {
        node.name: [
            part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value
        ]
        for node in ast.walk(tree)
        if isinstance(node, Function) and "property" in map(last, node.decorator_list)
    }


def bound(name: str, function: Function) -> Iterator[ast.expr]:
    """Every expression bound to a local name, also as a part of tuples that are looped over."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _parts(name, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _parts(name, target, value)
            case ast.NamedExpr(target=target, value=value):
                yield from _parts(name, target, value)
            case ast.For(target=target, iter=over) | ast.comprehension(target=target, iter=over):
                items = over.elts if isinstance(over, ast.Tuple | ast.List) else [over]
                for item in items:
                    yield from _parts(name, target, item)


def _parts(name: str, target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    """What is bound to `name` where `value` is bound to `target`."""
    match target, value:
        case ast.Name(id=there), _ if there == name:
            yield value
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            for one, other in zip(targets, values, strict=True):
                yield from _parts(name, one, other)
        case ast.Tuple(elts=targets), ast.Subscript(
            value=ast.Tuple(elts=[ast.Starred(value=several), *_]), slice=ast.Slice(lower=None)
        ):
            for place, one in enumerate(targets):
                yield from _parts(name, one, ast.Subscript(several, ast.Constant(place)))
        case ast.Tuple(elts=targets), _:
            for one in targets:
                yield from _parts(name, one, value)


class Put(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = values

    def into(self, node: ast.expr) -> ast.expr:
        """Return a copy of an expression with the names replaced."""
        copy: ast.expr = self.visit(deepcopy(node))
        return copy

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a name."""
        return self._values.get(node.id, node)


class Given:
    """What a caller gives for a function's parameters."""

    def __init__(self, function: Function, call: ast.Call) -> None:
        spec = function.args
        names = [one.arg for one in (*spec.posonlyargs, *spec.args)]
        if names[:1] in (["self"], ["cls"]) and isinstance(call.func, ast.Attribute):
            names = names[1:]
        single: dict[str, ast.expr] = dict(zip(names[::-1], spec.defaults[::-1], strict=False))
        single |= zip(names, call.args, strict=False)
        single |= {word.arg: word.value for word in call.keywords if word.arg}
        self._put = Put(single)
        self._rest = {spec.vararg.arg: call.args[len(names) :]} if spec.vararg else {}
        several = any(isinstance(one, ast.Starred) for one in call.args)
        missing = set(names) - set(single)
        self._unknown = missing if several else set()
        self.is_whole = several or not missing or any(word.arg is None for word in call.keywords)
        """Whether all that must be given is; else the call is to a namesake."""

    def put_into(self, node: ast.expr) -> list[ast.expr]:
        """Return an expression with the parameters replaced, or several for ``*parameter``."""
        match node:
            case ast.Starred(value=ast.Name(id=name)) if name in self._rest:
                return self._rest[name]
            case ast.Name(id=name) if name in self._unknown:
                return []  # one of the several that a `*` before it stands for
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int(place))) if (
                name in self._rest
            ):
                return self._rest[name][place : place + 1]
        return [self._put.into(node)]
