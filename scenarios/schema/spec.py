"""What all declarations have in common: no unknown keys, no text taken for a number, names."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema

NAME_PATTERN: Final = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
NAME_LENGTH: Final = 64

Guideline = Literal["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"]
"""A guideline of the Council's strategy of 2010."""

_STRICT: Final = frozenset({"bool", "float", "int", "str"})
_NOT_SCHEMA: Final = frozenset({"default", "expected", "metadata", "serialization"})


def _make_strict(node: object) -> None:
    """Make every plain scalar in a core schema strict."""
    if isinstance(node, dict):
        if node.get("type") in _STRICT:
            node["strict"] = True
        for key, value in node.items():
            if key not in _NOT_SCHEMA:
                _make_strict(value)
    elif isinstance(node, list | tuple):
        for value in node:
            _make_strict(value)


class Spec(BaseModel):
    """Base of all declarations: frozen, no unknown keys, and no text taken for a number.

    Whole numbers are accepted where a number is wanted; text and true/false are not. Lists may
    fill tuples and sets, so that declarations stay unchangeable after reading.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        str_strip_whitespace=True,
        use_attribute_docstrings=True,
    )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """Build the schema with strict scalars.

        Strictness is set scalar by scalar: the strict mode of pydantic would also refuse lists
        for tuples.
        """
        schema = handler(source)
        _make_strict(schema)
        return schema


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=NAME_LENGTH)]
"""A name: lower-case words of letters and digits, joined by single hyphens."""
