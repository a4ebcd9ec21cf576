"""A Netlify function in Python."""

from __future__ import annotations

import json
import sys
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Greet whoever asks."""
    name = (event["queryStringParameters"] or {}).get("name", "world")
    print(f"greeting {name}")  # noqa: T201 -- appears in the function's log
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"hello": name, "python": sys.version.split()[0]}),
    }
