"""What pydantic finds wrong with a request, said to the person who can put it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videogen.errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ValidationError

BY_TYPE = {
    "missing": "{field} is required.",
    "string_type": "{field} must be a text.",
    "string_unicode": "{field} must be valid Unicode text.",
    "bool_type": "{field} must be true or false.",
    "list_type": "{field} must be a list.",
    "dataclass_type": "{field} must be an object.",
    "model_type": "{field} must be an object.",
    "model_attributes_type": "{field} must be an object.",
}


def field_errors(
    error: ValidationError, messages: Mapping[tuple[str, str], str] | None = None
) -> Iterator[FieldError]:
    """Yield each wrong field's JSON path and remedy; `messages` has the words for (path, pydantic's type)."""
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"]).lstrip(
            "."
        )
        message = (messages or {}).get((path, found["type"])) or BY_TYPE.get(
            found["type"], "{field} is not valid."
        )
        yield FieldError(path, message.format(field=path))
