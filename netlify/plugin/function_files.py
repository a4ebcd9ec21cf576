"""Tells which Python files are functions, and what they say of themselves.

    python function_files.py FILE...

prints a JSON object: for each file the function that it defines, the literal value of its `config`, and the
line of an error. It reads the files and runs none of them. Standard library of Python 3.8.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FUNCTION_NAMES = ("handler", "lambda_handler", "app", "application")
"""As in host.py."""


def describe(path: Path) -> dict[str, Any]:
    """Return `defines` (a name of FUNCTION_NAMES, or None), `config` (or None) and `error` (or None)."""
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        place = f"{path}:{error.lineno}" if error.lineno else str(path)
        return {"defines": None, "config": None, "error": f"{place}: {error.msg}"}
    except ValueError:
        # So says Python 3.8 of UTF-16.
        error_text = f"{path} is no text in UTF-8: save it as that"
        return {"defines": None, "config": None, "error": error_text}
    names = set(bound_names(tree.body))
    defines = next((name for name in FUNCTION_NAMES if name in names), None)
    config = next((value for node in tree.body if (value := assigned_to(node, "config"))), None)
    if config is None or defines is None:
        return {"defines": defines, "config": None, "error": None}
    try:
        value = ast.literal_eval(config)
        json.dumps(value, allow_nan=False)
    except (ValueError, TypeError):
        value = None
    if not isinstance(value, dict):
        line = f"{path}:{config.lineno}"
        wanted = "config is a dict of literals, as the build reads it without running the file"
        return {"defines": defines, "config": None, "error": f"{line}: {wanted}"}
    return {"defines": defines, "config": value, "error": None}


def bound_names(statements: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that a module's statements bind, those within `if`, `try` and `with` as well."""
    for node in statements:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))
        for part in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With)):
                yield from bound_names(getattr(node, part, []))
        if isinstance(node, ast.Try):
            for handler in node.handlers:
                yield from bound_names(handler.body)


def assigned_to(node: ast.stmt, name: str) -> ast.expr | None:
    """Return the value that a statement gives to a name, if it does."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and any(
        isinstance(target, ast.Name) and target.id == name for target in targets
    ):
        return node.value
    return None


if __name__ == "__main__":
    print(json.dumps({name: describe(Path(name)) for name in sys.argv[1:]}))
