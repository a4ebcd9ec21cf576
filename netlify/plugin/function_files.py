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
SCOPES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
CHANGES = ("clear", "pop", "popitem", "setdefault", "update")
"""Methods that change a dict."""


def describe(path: Path) -> dict[str, Any]:
    """Return `defines` (a name of FUNCTION_NAMES, or None), `config` (or None) and `error` (or None).

    Where only `from module import *` may bring such a name, `defines` is `*`.
    """
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except OSError as error:
        return described(error=f"{path} cannot be read: {error.strerror}")
    except SyntaxError as error:
        place = f"{path}:{error.lineno}" if error.lineno else str(path)
        here = "Python {}.{}".format(*sys.version_info)
        advice = f"so says {here} of the build; for a newer one set PYTHON_VERSION in [build.environment]"
        return described(error=f"{place}: {error.msg} ({advice})")
    except ValueError:
        # So says Python 3.8 of UTF-16.
        return described(error=f"{path} is no text in UTF-8: save it as that")
    nodes = list(of_module(tree))
    names = {name for node in nodes for name in bound_names(node)}
    defines = next((name for name in (*FUNCTION_NAMES, "*") if name in names), None)
    # A module of the project's own that is called config is none of this.
    is_assigned = any(isinstance(node, ast.Name) and "config" in bound_names(node) for node in nodes)
    if defines is None or not is_assigned:
        return described(defines)
    config = next((value for node in tree.body if (value := assigned_to(node, "config"))), None)
    changes = [node.lineno for node in nodes if "config" in bound_names(node) or changes_config(node)]
    try:
        value = ast.literal_eval(config) if config and len(changes) == 1 else None
        json.dumps(value, allow_nan=False)
    except (ValueError, TypeError):
        value = None
    if isinstance(value, dict):
        return described(defines, value)
    wanted = "a dict of literals" if len(changes) == 1 and config else "assigned once, outside of any block"
    line = f"{path}:{max(changes)}"
    return described(
        defines, error=f"{line}: config is {wanted}, as the build reads it without running the file"
    )


def described(defines: str | None = None, config: object = None, error: str | None = None) -> dict[str, Any]:
    """Return what is said of a file."""
    return {"defines": defines, "config": config, "error": error}


def of_module(tree: ast.Module) -> Iterator[Any]:
    """Yield the nodes of a module's own scope, in no order: not what is in functions and classes."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, SCOPES) and not (isinstance(node, ast.AnnAssign) and node.value is None):
            waiting += ast.iter_child_nodes(node)


def bound_names(node: Any) -> list[str]:  # noqa: ANN401 -- the kinds of nodes differ from version to version
    """Return the names that a node alone binds or deletes; `*` for an import of all."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    # Of a function or a class, and of what follows `as` or `**` in `except` and `case`.
    found = [getattr(node, field, None) for field in ("name", "rest")]
    return [] if isinstance(node, ast.alias) else [name for name in found if isinstance(name, str)]


def changes_config(node: Any) -> bool:  # noqa: ANN401 -- as above
    """Whether a node assigns to a part of `config`, or has a method of it that changes it."""
    if isinstance(node, ast.Subscript):
        is_change = not isinstance(node.ctx, ast.Load)
    else:
        is_change = isinstance(node, ast.Attribute) and node.attr in CHANGES
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return is_change and isinstance(node, ast.Name) and node.id == "config"


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
