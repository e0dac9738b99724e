"""The few words of JSON Schema that the description of the routes is made of."""

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}


def schema(name: str) -> dict[str, str]:
    """A schema that is described elsewhere on the page."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(description: str, required: dict[str, Any], more: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these members, of which `more` may be left out."""
    return {
        "type": "object",
        "description": description,
        "required": [*required],
        "properties": required | (more or {}),
    }


def array(items: dict[str, Any], most: int | None = None) -> dict[str, Any]:
    """A list, of 1 to `most` items where that is said."""
    return {"type": "array", "items": items} | ({"minItems": 1, "maxItems": most} if most else {})
