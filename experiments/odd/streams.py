"""Every random stream of the code with its keys, read from the text of the code.

A stream is named where something is drawn: ``draws.chance(0.3, "network:leak", week)``. Where a
function is handed the name, its callers are looked at instead. A name that cannot be followed to
a literal is refused, so that no stream can be missing from the list. Of the mechanism the reference
is read: the kernel draws the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

import agents
import scenarios
import sim
from experiments.odd.syntax import (
    Call,
    Function,
    Given,
    Put,
    bound,
    called,
    calls,
    last,
    parameters,
    properties,
)

_STREAM_AT: Final = {"words": 0, "uniform": 0, "chance": 1, "quantile": 1, "draw": 1}
"""Where the methods that draw take the name of the stream."""
_GENERATORS: Final = ("philox4x32", "philox4x32_scalar")
_ABOUT_REPORT: Final = "report_word"
"""Draws about a report: its key, the stream, one more key."""
_TO_KEY: Final = ("name_key", "stream_key")
REFERENCE: Final = "sim/reference/rules.py"
"""Draws what the fast kernel draws, which equals it exactly, and names it plainly."""
_NOT_DRAWS: Final = ("np", "stats")
_DURATIONS: Final = ("durations", "_durations")
_SOURCES: Final = ("draws", "_draws", "lanes", "_lanes")
"""What has the methods that draw; they are called where they stand, not passed around."""
_MOST_STEPS: Final = 5_000
"""Names that refer to themselves are given up after so many steps."""
_DECLARED: Final[Mapping[str, str]] = {
    "self._work.key": "PROCEDURE",
    "self._case.organisation": "ORGANISATION",
    "take.post": "POST",
    "wait.delay": "DELAY",
    "take.patience": "DELAY",
    "gather.patience": "DELAY",
    "join.patience": "DELAY",
    "hear.patience": "DELAY",
    "probe.name": "TEST",
    "toss.name": "TEST",
}
"""Names that procedures declare, as `COURSE` has them."""
COURSE: Final = "agents/procedures/course.py"
"""Where cases draw under names that are declared."""
_CLASS_KEYS: Final = "scenarios/compiling/compiled.py"
"""Where classes of report get the names of their streams."""


class UnnamedError(ValueError):
    """A draw whose stream is not a literal name."""


@dataclass(frozen=True, order=True)
class Stream:
    """A stream as drawn in one place."""

    name: str
    keys: tuple[str, ...]
    """Expressions of the entity keys."""
    file: str
    function: str


class _Draw(NamedTuple):
    """A draw that is not yet followed to a literal name."""

    stream: ast.expr
    keys: tuple[ast.expr, ...]
    call: Call


class _Handed(Exception):  # noqa: N818 - not an error: the callers name the stream
    """The name of a stream is a parameter of `function`."""

    def __init__(self, function: Function) -> None:
        super().__init__(function.name)
        self.function = function


def package_sources() -> dict[str, str]:
    """Return the text of the files in which streams are named, by path."""
    found = {}
    for package in (sim, scenarios, agents):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            name = path.relative_to(root.parent).as_posix()
            found[name] = path.read_text(encoding="utf-8")
    return found


def read_streams(files: Mapping[str, str]) -> list[Stream]:
    """Return every stream that is drawn, in order of name.

    Parameters
    ----------
    files
        Text of the files by path, as `package_sources` gives it.

    Raises
    ------
    UnnamedError
        If the name of a stream cannot be followed to a literal.
    """
    return sorted(set(_Reader(files).follow()))


class _Reader:
    """Follows the names of streams through the code."""

    def __init__(self, files: Mapping[str, str]) -> None:
        trees = {file: ast.parse(text) for file, text in files.items()}
        self._constants = _constants(trees)
        self._class_keys = _class_keys(trees.get(_CLASS_KEYS))
        self._properties = {file: properties(tree) for file, tree in trees.items()}
        drawing = {
            file: tree
            for file, tree in trees.items()
            if file == REFERENCE or file.startswith("agents/")
        }
        self._calls = [call for file, tree in drawing.items() for call in calls(tree, file)]
        for file, tree in drawing.items():
            _check_called(file, tree)

    def follow(self) -> Iterator[Stream]:
        """Give every draw with the literal names it may have."""
        open_ = [draw for call in self._calls for draw in _draws_in(call)]
        for _ in range(_MOST_STEPS):
            if not open_:
                return
            draw = open_.pop()
            draw = draw._replace(keys=tuple(_unpacked(key, draw.call) for key in draw.keys))
            if streams := _with_locals(draw):
                open_ += [draw._replace(stream=stream) for stream in streams]
                continue
            try:
                names = self._texts(draw.stream, draw.call)
            except _Handed as handed:
                open_ += self._from_callers(draw, handed.function) or self._refuse(
                    draw.stream, draw.call
                )
            else:
                if callers := self._with_keys(draw):
                    open_ += callers
                    continue
                keys = tuple(map(ast.unparse, _spelt_out(draw)))
                for name in names:
                    yield Stream(name, keys, draw.call.file, draw.call.place)
        self._refuse(open_[-1].stream, open_[-1].call)

    def _from_callers(self, draw: _Draw, function: Function) -> list[_Draw]:
        """The draw as the callers of `function` name it."""
        found = []
        for call in self._calls:
            if _is_meant(call, function, draw.call.file):
                given = Given(function, call.node)
                keys = tuple(one for key in draw.keys for one in given.put_into(key))
                found += [_Draw(stream, keys, call) for stream in given.put_into(draw.stream)]
        return found

    def _with_keys(self, draw: _Draw) -> list[_Draw]:
        """The draw as its callers give the keys, where they give several as ``*keys``."""
        for key in draw.keys:
            match key:
                case ast.Starred(value=ast.Name(id=name)) if draw.call.around:
                    function = draw.call.around[-1]
                    if name in parameters(function) and not list(bound(name, function)):
                        return self._from_callers(draw, function)
        return []

    def _texts(self, node: ast.expr, call: Call) -> list[str]:
        """Every literal text that an expression may be.

        Raises
        ------
        _Handed
            If it is a parameter.
        UnnamedError
            If it is something else.
        """
        if stands := self._stands_for(node, call):
            return [stands]
        match node:
            case ast.Constant(value=str(text)):
                found = [text]
            case ast.JoinedStr(values=parts):
                found = ["".join(one) for one in product(*(self._texts(p, call) for p in parts))]
            case ast.IfExp(body=body, orelse=orelse):
                found = self._texts(body, call) + self._texts(orelse, call)
            case ast.Call(args=[*_, inner]) if called(node) in (*_TO_KEY, "full"):
                found = self._texts(inner, call)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                returned = self._properties[call.file].get(name, [])
                found = [text for value in returned for text in self._texts(value, call)]
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int(index))):
                tuples = [one for one in self._values(name, call) if isinstance(one, ast.Tuple)]
                found = [text for one in tuples for text in self._texts(one.elts[index], call)]
            case ast.FormattedValue(value=inner) | ast.Subscript(value=inner):
                found = self._texts(inner, call)
            case ast.Name(id=name):
                values = self._values(name, call)
                found = [text for value in values for text in self._texts(value, call)]
            case _:
                found = []
        return found or self._refuse(node, call)

    def _stands_for(self, node: ast.expr, call: Call) -> str:
        """Return what stands for the many names that an expression may be, if it may be many."""
        match node:
            case ast.Attribute() if call.file == COURSE and ast.unparse(node) in _DECLARED:
                return _DECLARED[ast.unparse(node)]
            case ast.Attribute(attr=name) if name in self._class_keys:
                return self._class_keys[name]
            case ast.Call(func=ast.Name(id="range" | "enumerate")):
                return "NUMBER"
        return ""

    def _values(self, name: str, call: Call) -> list[ast.expr]:
        """Every expression that a name stands for at a call."""
        for function in reversed(call.around):
            values = list(bound(name, function))
            if values:
                return values
            if name in parameters(function):
                chosen = self._choices(parameters(function)[name], call.file)
                if chosen:
                    return chosen
                raise _Handed(function)
        files = self._constants.get(name, {})
        if call.file in files:
            return [files[call.file]]
        return list(files.values()) or self._refuse(ast.Name(name), call)

    def _choices(self, annotation: ast.expr | None, file: str) -> list[ast.expr]:
        """The literals that a parameter may be by its annotation, if that lists them."""
        if isinstance(annotation, ast.Name):
            known = self._constants.get(annotation.id, {})
            annotation = known.get(file) or next(iter(known.values()), None)
        match annotation:
            case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=chosen)):
                return chosen
            case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Constant() as only):
                return [only]
        return []

    @staticmethod
    def _refuse(node: ast.expr, call: Call) -> list[Any]:
        raise UnnamedError(
            f"{call.file}:{call.node.lineno}: the stream of a draw is named by a literal, "
            f"not by `{ast.unparse(node)}`; write the name where it is drawn, "
            "or hand it to the function as a literal"
        )


def _spelt_out(draw: _Draw) -> Iterator[ast.expr]:
    """The keys of a draw, with a tuple's parts for ``*name`` where the tuple is in sight."""
    for key in draw.keys:
        found: list[ast.expr] = []
        if isinstance(key, ast.Starred) and isinstance(key.value, ast.Name):
            found = list(bound(key.value.id, draw.call.around[-1]))
        match found:
            case [ast.Tuple(elts=parts)]:
                is_first = f"*{ast.unparse(draw.stream)}" == f"{ast.unparse(key)}[0]"
                yield from parts[is_first:]
            case _:
                yield key


def _unpacked(key: ast.expr, call: Call) -> ast.expr:
    """A key, or the place in ``*names`` that it was unpacked from."""
    if isinstance(key, ast.Name) and call.around:
        match list(bound(key.id, call.around[-1])):
            case [ast.Subscript(value=ast.Name(), slice=ast.Constant()) as found]:
                return found
    return key


def _constants(trees: Mapping[str, ast.Module]) -> dict[str, dict[str, ast.expr]]:
    """Values of constants of modules, by name and file."""
    found: dict[str, dict[str, ast.expr]] = {}
    for file, tree in trees.items():
        for node in tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    found.setdefault(name, {})[file] = value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    found.setdefault(name, {})[file] = value
    return found


def _class_keys(tree: ast.Module | None) -> dict[str, str]:
    """Names of the streams that every class of report has, by the field that holds their keys."""
    found = {}
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.keyword(
                arg=str(field),
                value=ast.Call(func=ast.Name(id="_keys"), args=[ast.Constant(value=str(stem)), *_]),
            ):
                found[field] = f"{stem}:CLASS"
    return found


def _check_called(file: str, tree: ast.Module) -> None:
    """Refuse methods that draw where they are passed around instead of called."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in _STREAM_AT
            and last(node.value) in _SOURCES
            and node not in functions
        ):
            raise UnnamedError(
                f"{file}:{node.lineno}: `{ast.unparse(node)}` is passed around, so that its "
                "streams cannot be listed; call it where it stands"
            )


def _draws_in(call: Call) -> Iterator[_Draw]:
    """The draw that a call is, if it is one by itself."""
    node, name = call.node, called(call.node)
    if name in _GENERATORS and node.args and isinstance(node.args[0], ast.Tuple):
        stream, *keys = node.args[0].elts
        yield _Draw(stream, tuple(keys), call)
    elif name == _ABOUT_REPORT and isinstance(node.func, ast.Name):
        report, stream, entity = node.args
        yield _Draw(stream, (report, entity), call)
    elif isinstance(node.func, ast.Attribute) and name in _STREAM_AT:
        receiver = last(node.func.value)
        if receiver not in _NOT_DRAWS and (name != "draw" or receiver not in _DURATIONS):
            arguments = node.args[_STREAM_AT[name] :]
            arguments += [word.value for word in node.keywords if word.arg == "stream"]
            if not arguments:
                return
            stream, *keys = arguments
            if isinstance(stream, ast.Starred):
                keys = [stream]
                stream = ast.Subscript(stream.value, ast.Constant(0))
            yield _Draw(stream, tuple(keys), call)


def _is_meant(call: Call, function: Function, file: str) -> bool:
    """Whether a call calls `function` of `file`; a private one is called in its own file."""
    name = called(call.node)
    if name != function.name or (name.startswith("_") and call.file != file):
        return False
    if not Given(function, call.node).is_whole:
        return False
    func = call.node.func
    return name != "draw" or (isinstance(func, ast.Attribute) and last(func.value) in _DURATIONS)


def _with_locals(draw: _Draw) -> list[ast.expr]:
    """The name of a stream with what the first local name in it stands for, if there is one."""
    around = draw.call.around[-1:]
    for node in ast.walk(draw.stream):
        if isinstance(node, ast.Name) and around and not isinstance(draw.stream, ast.Subscript):
            values = list(bound(node.id, around[0]))
            if values:
                return [Put({node.id: value}).into(draw.stream) for value in values]
    return []
