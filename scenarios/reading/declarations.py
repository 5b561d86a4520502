"""Reading declarations from files: a model, or an error that says where and what to write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from scenarios.errors import SpecError, split_refusal
from scenarios.reading.document import parse
from scenarios.reading.extending import document_of
from scenarios.reading.files import MOST_YAML_BYTES, file_text
from scenarios.reading.node import Node, node_of, placed
from scenarios.reading.problems import joined, problems_of

_M = TypeVar("_M", bound=BaseModel)
_KEYS_THAT_TELL: Final = 2


def read(
    path: Path,
    model: type[_M],
    *,
    check: Callable[[_M], None] | None = None,
) -> _M:
    """Read a YAML declaration; a scenario with what it extends.

    Parameters
    ----------
    path
        File to read.
    model
        What the file declares.
    check
        Further check of the model; it raises `SpecError` or `ValueError`.

    Raises
    ------
    SpecError
        If the file cannot be read or breaks a rule.
    """
    return _declared(document_of(path), str(path), model, check)


def read_text(
    text: str, file_label: str, model: type[_M], *, check: Callable[[_M], None] | None = None
) -> _M:
    """Read a YAML declaration from text.

    Raises
    ------
    SpecError
        If the text breaks a rule; `file_label` stands for the file.
    """
    try:
        node = parse(text)
    except SpecError as error:
        placed(error, None, file_label)
        raise
    return _declared(node, file_label, model, check)


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


def _declared(node: Node, file: str, model: type[_M], check: Callable[[_M], None] | None) -> _M:
    """Make a declaration of what was read."""
    result = validated(node, model, file)
    if check is not None:
        try:
            check(result)
        except SpecError as error:
            placed(error, node, file)
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
        node = parse(file_text(path, MOST_YAML_BYTES))
    except SpecError as error:
        placed(error, None, file)
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
            node = document_of(Path(error.file))
        except SpecError:
            return error
        placed(error, node, error.file)
    return error


def error_at(path: Path, where: str, rule: str, remedy: str) -> SpecError:
    """Make the error about a value of a file, with its line."""
    return located(SpecError(rule, remedy, file=str(path), where=where))


def validated(node: Node, model: type[_M], file: str) -> _M:
    """Make a model of a value, or raise the errors of all its parts, the first by line first."""
    try:
        return model.model_validate(node.value)
    except ValidationError as error:
        problems = problems_of(error, node, model)
    except SpecError as error:
        placed(error, node, file)
        raise
    except RecursionError:
        problems = [SpecError("a declaration is not nested this deep", "make it flatter", line=1)]
    raise joined(problems, file)
