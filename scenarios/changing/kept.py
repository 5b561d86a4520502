"""What a change does not lead into stays the model that it is: it need not be read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel


def with_models(document: Any, plain: Any, model: Any) -> Any:  # noqa: ANN401 - plain data
    """Return a document with models in the place of what they were made from.

    Parameters
    ----------
    document
        What `Original.patched` gave, or a part of it.
    plain
        The same part as it was before.
    model
        What was made of `plain`; parts that are no models stay as they are in the document.
    """
    if document is plain and isinstance(model, BaseModel):
        return model
    if isinstance(document, dict) and isinstance(plain, dict):
        held = vars(model) if isinstance(model, BaseModel) else model
        if isinstance(held, Mapping):
            return {
                key: with_models(value, plain.get(key), held.get(key))
                for key, value in document.items()
            }
    three = (document, plain, model)
    if all(isinstance(one, list | tuple) for one in three) and len(set(map(len, three))) == 1:
        return [with_models(*parts) for parts in zip(document, plain, model, strict=True)]
    return document
