"""A Netlify function in Python: this file alone."""

import sys

config = {"path": "/api/hello"}


def handler(event, _context):
    """Greet whoever asks."""
    name = (event["queryStringParameters"] or {}).get("name", "world")
    print(f"greeting {name}")  # appears in the function's log
    return {"hello": name, "python": sys.version.split()[0]}
