"""Reading declarations from files: a model, or an error that says where and what to write."""

from __future__ import annotations

import csv
import difflib
import io
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scenarios.errors import UNSET, SpecError, choice, dotted, printable, shown, split_refusal
from scenarios.reading.document import Key, Node, check_text, node_of, parse, plain_scalar, steps
from scenarios.reading.wording import Place, Words, example, is_type_error, place, words

MOST_YAML_BYTES: Final = 2_000_000
MOST_CSV_BYTES: Final = 20_000_000
MOST_ROWS: Final = 10_000
MOST_ERRORS: Final = 1_000
"""Errors looked at in one file."""

_M = TypeVar("_M", bound=BaseModel)
_SEARCHED: Final = 64
_MISSPELT: Final = 0.7
_KEY: Final = "[key]"
_KEYS_THAT_TELL: Final = 2


def read(
    path: Path,
    model: type[_M],
    *,
    overlay: Mapping[str, object] | None = None,
    check: Callable[[_M], None] | None = None,
) -> _M:
    """Read a YAML declaration.

    Parameters
    ----------
    path
        File to read.
    model
        What the file declares.
    overlay
        Values to put in place of those in the file, by dotted path, such as
        ``{"rules[2].push.chance": 0.3}``.
    check
        Further check of the model; it raises `SpecError` or `ValueError`.

    Raises
    ------
    SpecError
        If the file cannot be read or breaks a rule.
    """
    return _read(_text(path, MOST_YAML_BYTES), str(path), model, overlay or {}, check)


def read_text(
    text: str, file_label: str, model: type[_M], *, check: Callable[[_M], None] | None = None
) -> _M:
    """Read a YAML declaration from text.

    Raises
    ------
    SpecError
        If the text breaks a rule; `file_label` stands for the file.
    """
    return _read(text, file_label, model, {}, check)


def read_plain(
    content: object,
    file_label: str,
    model: type[_M],
    *,
    check: Callable[[_M], None] | None = None,
) -> _M:
    """Read a declaration from plain data, such as a document that was changed.

    Raises
    ------
    SpecError
        If it breaks a rule; `file_label` stands for the file, and there are no lines.
    """
    return _declared(node_of(content), file_label, model, check)


def _read(
    text: str,
    file: str,
    model: type[_M],
    overlay: Mapping[str, object],
    check: Callable[[_M], None] | None,
) -> _M:
    try:
        node = parse(text)
        for where, value in overlay.items():
            node = _replaced(node, steps(where), value, where)
    except SpecError as error:
        _place(error, None, file)
        raise
    return _declared(node, file, model, check)


def _declared(node: Node, file: str, model: type[_M], check: Callable[[_M], None] | None) -> _M:
    """Make a declaration of what was read."""
    result = _validated(node, model, file)
    if check is not None:
        try:
            check(result)
        except SpecError as error:
            _place(error, node, file)
            raise
        except ValueError as error:
            rule, remedy = split_refusal(str(error))
            raise SpecError(
                rule, remedy or "change the declaration to fit", file=file, line=node.line
            ) from error
    return result


def kind_of(path: Path, kinds: Mapping[str, Collection[str]]) -> str:
    """Return what a YAML file declares: the kind with which it has the most keys in common.

    Parameters
    ----------
    path
        File to read.
    kinds
        Keys of each kind. The key that gives the name is called like the kind, and counts twice.

    Raises
    ------
    SpecError
        If the file cannot be read, or has no such key and hardly any of the others.
    """
    file = str(path)
    try:
        node = parse(_text(path, MOST_YAML_BYTES))
    except SpecError as error:
        _place(error, None, file)
        raise
    found = node.value if isinstance(node.value, dict) else {}
    common = {
        kind: sum(key in keys for key in found) + (kind in found) for kind, keys in kinds.items()
    }
    best = max(common, key=lambda kind: common[kind])
    if common[best] < _KEYS_THAT_TELL:
        *others, last = kinds
        raise SpecError(
            f"a declaration has a key {', '.join(others)} or {last} that gives its name",
            f"write for example `{others[0]}: my-{others[0]}` at the start of a line",
            file=file,
            line=node.line,
            where="declares nothing we know",
        )
    return best


def located(error: SpecError) -> SpecError:
    """Give an error that has a file and a path, but no line, the line of that path."""
    if error.line is None and error.file and error.where:
        try:
            node = parse(_text(Path(error.file), MOST_YAML_BYTES))
        except SpecError:
            return error
        _place(error, node, error.file)
    return error


def _place(error: SpecError, node: Node | None, file: str) -> None:
    """Fill in what an error does not say about its place."""
    error.file = error.file or file
    if node is not None and error.line is None and error.file == file:
        found, is_whole = node.find(error.where)
        error.line = found.line
        if is_whole and error.where and error.value is UNSET:
            error.value = found.value


def _replaced(node: Node, path: Sequence[str | int], value: object, where: str) -> Node:
    """Return the node with another value at a path; the last key may be new."""
    if not path:
        return node_of(value)
    found = node.child(path[0])
    if found is None:
        if len(path) > 1 or not isinstance(node.value, dict) or not isinstance(path[0], str):
            raise SpecError(
                "the path to change does not exist",
                choice(path[0], map(str, node.children)),
                where=where,
            )
        found = (path[0], node_of(None))
    key, child = found
    children = {**node.children, key: _replaced(child, path[1:], value, where)}
    values = {k: n.value for k, n in children.items()}
    plain: object = list(values.values()) if isinstance(node.value, list) else values
    return Node(plain, node.line, children)


def is_readable(path: Path) -> bool:
    """Whether something can be read from a file."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError:
        return False
    return True


def is_file(path: Path) -> bool:
    """Whether a path leads to a regular file; False if that cannot be told."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder; False if that cannot be told."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _text(path: Path, limit: int) -> str:
    """Read a text file of limited size."""
    file = str(path)
    try:
        if path.is_dir():
            raise SpecError("a declaration is a file; this is a folder", "name a file", file=file)
        if path.exists() and not path.is_file():
            raise SpecError("a declaration is a regular file", "name a file", file=file)
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        raise SpecError("there is no such file", _nearest_file(path), file=file) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SpecError(
            f"the file must be readable: {printable(reason.lower())}",
            "check the path and the permissions of the file",
            file=file,
        ) from None
    if len(data) > limit:
        raise SpecError(
            f"a file has at most {limit:,} bytes",
            "split the file, or check that it is the right one",
            file=file,
        )
    if b"\0" in data:
        raise SpecError(
            "a declaration is a text file; this one is binary",
            "name another file, or save it as UTF-8 text",
            file=file,
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(
            "a declaration is UTF-8 text",
            "save the file as UTF-8",
            file=file,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from None


def _nearest_file(path: Path) -> str:
    try:
        names = [other.name for other in islice(path.parent.iterdir(), 1000)]
    except OSError:
        return "check the path; its folder does not exist either"
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"check the path; did you mean {printable(near[0])}?" if near else "check the path"


def _validated(node: Node, model: type[_M], file: str) -> _M:
    try:
        return model.model_validate(node.value)
    except ValidationError as error:
        problems = _problems(error, node, model)
    except SpecError as error:
        _place(error, node, file)
        raise
    except RecursionError:
        problems = [SpecError("a declaration is not nested this deep", "make it flatter", line=1)]
    raise _joined(problems, file)


def _joined(problems: Sequence[SpecError], file: str) -> SpecError:
    """Return the first error by line, with the others as its company."""
    ordered = sorted(problems, key=lambda error: (error.line is None, error.line or 0))
    for error in ordered:
        error.file = file
    ordered[0].others = tuple(ordered[1:])
    return ordered[0]


class _Located(NamedTuple):
    """An error and the place in the document that it speaks of."""

    error: ErrorDetails
    path: tuple[Key, ...]
    tags: Mapping[int, Sequence[str]]
    """Union branches by depth of the path."""
    node: Node
    where: tuple[str | int, ...]


def _problems(error: ValidationError, node: Node, model: type[BaseModel]) -> list[SpecError]:
    details = error.errors(include_url=False)[:MOST_ERRORS]
    chosen = _best_branches([_locate(detail, node) for detail in details])
    kept = list(_without_echoes(chosen, model)) or chosen
    return [_told(group, model) for group in kept]


def _locate(detail: ErrorDetails, root: Node) -> _Located:
    """Find the value that an error speaks of.

    The location that pydantic gives has keys, positions and names of union branches mixed. Of
    the ways to read it, take one that ends at the value reported, and of these the longest.
    """
    loc = detail["loc"][:-1] if detail["type"] == "missing" else detail["loc"]
    given = detail.get("input")
    best: _Located | None = None
    best_rank = (False, -1)
    for path, tags in islice(_readings(root, loc), _SEARCHED):
        node, where = root, []
        for key in path:
            where.append(node.label(key))
            node = node.children[key]
        rank = (_is_same(node.value, given), len(path))
        if rank > best_rank:
            best, best_rank = _Located(detail, path, tags, node, tuple(where)), rank
    return best or _Located(detail, (), {}, root, ())


def _is_same(value: object, given: object) -> bool:
    if isinstance(value, dict | list):
        return value is given
    return type(value) is type(given) and value == given


def _readings(
    node: Node, loc: Sequence[str | int]
) -> Iterator[tuple[tuple[Key, ...], dict[int, list[str]]]]:
    """Read a location in every way: each step is a key or position if there is one, or a tag."""
    stack: list[tuple[Node, int, tuple[Key, ...], dict[int, list[str]]]] = [(node, 0, (), {})]
    while stack:
        here, position, path, tags = stack.pop()
        if position == len(loc):
            yield path, tags
            continue
        step = loc[position]
        depth = len(path)
        stack.append((here, position + 1, path, {**tags, depth: [*tags.get(depth, ()), str(step)]}))
        found = here.child(step)
        if found is not None:
            key, child = found
            stack.append((child, position + 1, (*path, key), tags))


def _best_branches(located: list[_Located]) -> list[list[_Located]]:
    """Keep, of each union, the errors of the branch that was most likely meant.

    Returns groups of errors; a group of several is told as one, joined by "or".
    """
    unions: dict[tuple[Key, ...], dict[str, list[_Located]]] = defaultdict(dict)
    groups: list[list[_Located]] = []
    for one in located:
        first = next((d for d, tags in sorted(one.tags.items()) if tags != [_KEY]), None)
        if first is None:
            groups.append([one])
        else:
            tag = one.tags[first][0]
            unions[one.path[:first]].setdefault(tag, []).append(one)
    for path, branches in unions.items():
        groups += _best_branch(path, list(branches.values()))
    return groups


def _best_branch(path: tuple[Key, ...], branches: list[list[_Located]]) -> list[list[_Located]]:
    depth = len(path)
    if len(branches) > 1 and all(
        len(branch) == 1
        and len(branch[0].path) == depth
        and (is_type_error(branch[0].error["type"]) or branch[0].error["type"] == "literal_error")
        for branch in branches
    ):
        scalars = [branch[0] for branch in branches if not _wants_other_shape(branch[0])]
        return [scalars or [branches[0][0]]]
    best = min(branches, key=lambda branch: sum(_weight(one, depth) for one in branch))
    return [[one] for one in best]


def _wants_other_shape(one: _Located) -> bool:
    """Whether a mapping or list was wanted where there is none, or the other way round."""
    is_scalar = not isinstance(one.node.value, dict | list)
    kind = one.error["type"]
    wants_scalar = kind in {"literal_error", "string_type"} or kind.startswith(
        ("int", "float", "bool")
    )
    return is_scalar != wants_scalar


def _weight(one: _Located, depth: int) -> int:
    """How much an error speaks against the branch of a union that it comes from."""
    kind = one.error["type"]
    if len(one.path) == depth and is_type_error(kind):
        return 100
    if kind == "literal_error" and len(one.path) <= depth + 1:
        return 50
    at_top = len(one.path) == (depth if kind == "missing" else depth + 1)
    return 3 if at_top and kind in {"missing", "extra_forbidden"} else 1


def _without_echoes(
    groups: list[list[_Located]], model: type[BaseModel]
) -> Iterable[list[_Located]]:
    """Leave out missing keys that stand there misspelt, and what other errors bring about."""
    unknown: dict[tuple[Key, ...], list[str]] = defaultdict(list)
    missing: dict[tuple[Key, ...], list[str]] = defaultdict(list)
    for one, *_ in groups:
        if one.error["type"] == "extra_forbidden":
            unknown[one.path[:-1]].append(str(one.error["loc"][-1]))
        elif one.error["type"] == "missing":
            missing[one.path].append(str(one.error["loc"][-1]))
    for group in groups:
        one = group[0]
        if one.error["type"] in {"too_short", "too_long"} and _has_fit(one):
            continue
        key = str(one.error["loc"][-1]) if one.error["loc"] else ""
        if one.error["type"] == "missing" and any(
            difflib.get_close_matches(
                other, place(model, one.path, one.tags).keys, n=1, cutoff=_MISSPELT
            )
            == [key]
            for other in unknown[one.path]
        ):
            continue
        yield group


def _has_fit(one: _Located) -> bool:
    """Whether a list has the wrong length only because faulty items were left out."""
    context = one.error.get("ctx", {})
    size = len(one.node.children)
    return bool(context.get("min_length", 0) <= size <= context.get("max_length", size))


def _told(group: list[_Located], model: type[BaseModel]) -> SpecError:
    first = group[0]
    kind = first.error["type"]
    told = [_words(one, model) for one in group]
    rule = ", or ".join(dict.fromkeys(rule for rule, _ in told))
    remedy = "; or ".join(dict.fromkeys(remedy for _, remedy in told))
    where, value, line = list(first.where), first.node.value, first.node.line
    if kind == "missing":
        key = first.error["loc"][-1]
        where.append(key)
        value = UNSET
    elif kind == "union_tag_not_found":
        where.append(_discriminator(first.error))
        value = UNSET
    elif kind == "union_tag_invalid":
        key = _discriminator(first.error)
        where.append(key)
        value = first.error.get("ctx", {}).get("tag")
        found = first.node.child(key)
        line = found[1].line if found else line
    elif not where and isinstance(value, dict):
        value = UNSET
    elif _KEY in first.error["loc"][-1:]:
        value = first.error.get("input")
    return SpecError(rule, remedy, line=line, where=dotted(where), value=value)


def _discriminator(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("discriminator", "")).strip("'")


def _words(one: _Located, model: type[BaseModel]) -> Words:
    path: tuple[Key, ...] = one.path
    kind = one.error["type"]
    if kind == "missing":
        path = (*path, one.error["loc"][-1])
    elif kind == "extra_forbidden":
        path = path[:-1]
    return words(one.error, place(model, path, one.tags))


def read_csv(path: Path, model: type[_M]) -> list[_M]:
    """Read a CSV table; its first line names the columns.

    Text is turned into numbers and true or false where the model wants them. An empty cell stands
    for a value that is not given.

    Raises
    ------
    SpecError
        If the file cannot be read or a row breaks a rule; `where` is the column.
    """
    file = str(path)
    text = _text(path, MOST_CSV_BYTES)
    try:
        check_text(text, MOST_CSV_BYTES)
        table = _rows(text)
        line, header = next(table, (1, []))
        _check_header(header, line, model)
        result: list[_M] = []
        problems: list[SpecError] = []
        wanted = {column: _wanted(model, column) for column in header}
        for line, cells in table:
            try:
                result.append(_row(line, header, cells, wanted, model))
            except SpecError as error:
                problems += [error, *error.others]
                if len(problems) >= MOST_ERRORS:
                    break
    except SpecError as error:
        _place(error, None, file)
        raise
    if problems:
        raise _joined(problems, file)
    return result


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank and the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line, number = 1, 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise SpecError(
                f"the file is valid CSV; here: {printable(str(error))}",
                "check the quotes on this line; a quote in a quoted cell is written twice",
                line=line,
            ) from None
        if cells is None:
            return
        if number > MOST_ROWS:
            raise SpecError(f"a table has at most {MOST_ROWS:,} rows", "leave rows out", line=line)
        if cells:
            number += 1
            yield line, [cell.strip() for cell in cells]
        line = reader.line_num + 1


def _check_header(header: list[str], line: int, model: type[BaseModel]) -> None:
    known = place(model, (), {}).keys
    if not header:
        raise SpecError("a table has a line of column names", f"write {','.join(known)}", line=line)
    problems = []
    for number, column in enumerate(header):
        if column not in known:
            rule = f"there is no column {shown(column)}"
            problems.append(SpecError(rule, choice(column, known), line=line, where=column))
        elif column in header[:number]:
            rule = f"the column {shown(column)} stands twice"
            problems.append(SpecError(rule, "keep one of the two", line=line, where=column))
    for name, field in model.model_fields.items():
        column = field.alias or name
        if field.is_required() and column not in header:
            rule = f"the column {column} is missing"
            problems.append(SpecError(rule, f"add the column {column}", line=line, where=column))
    if problems:
        raise _joined(problems, "")


def _wanted(model: type[BaseModel], column: str) -> tuple[frozenset[type], Place, bool]:
    """Types of scalars that a column may hold, its place, and whether it must be filled."""
    here = place(model, (column,), {})
    kinds = {
        kind
        for leaf in here.leaves
        for kind in (map(type, get_args(leaf)) if get_origin(leaf) is Literal else [leaf])
        if kind in {bool, float, int, str}
    }
    return frozenset(kinds), here, here.field is not None and here.field.is_required()


def _row(
    line: int,
    header: list[str],
    cells: list[str],
    wanted: Mapping[str, tuple[frozenset[type], Place, bool]],
    model: type[_M],
) -> _M:
    if len(cells) != len(header):
        raise SpecError(
            f"a row has {len(header)} cells; this one has {len(cells)}",
            "check the commas, and put a cell that contains a comma in double quotes",
            line=line,
        )
    row: dict[Key, Any] = {}
    problems = []
    for column, text in zip(header, cells, strict=True):
        kinds, here, is_required = wanted[column]
        if text:
            try:
                row[column] = _cell(text, kinds)
            except ValueError as error:
                rule, remedy = split_refusal(str(error))
                problems.append(SpecError(rule, remedy, line=line, where=column, value=text))
        elif is_required:
            problems.append(
                SpecError(
                    f"`{column}` is not empty",
                    f"fill in the cell: {example(here.leaves)}",
                    line=line,
                    where=column,
                )
            )
    if problems:
        raise _joined(problems, "")
    node = Node(row, line, {column: Node(value, line) for column, value in row.items()})
    return _validated(node, model, "")


def _cell(text: str, kinds: frozenset[type]) -> object:
    """Read a cell as a number or true or false, unless the column holds text."""
    if not kinds or kinds == {str}:
        return text
    value = plain_scalar(text)
    if value is None or (str in kinds and type(value) not in kinds):
        return text
    return value
