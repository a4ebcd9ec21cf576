"""The command as its operator types it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import typer.main
from typer import testing

from videogen import settings
from videogen.cli.app import app
from videogen.cli.bucket import Bucket

if TYPE_CHECKING:
    from pathlib import Path


# Typer builds the whole command anew for each run, which takes 60 ms. It has no public name for this.
vars(testing)["_get_command"] = cache(typer.main.get_command)


@dataclass
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Operator:
    """Somebody at a terminal: an environment, what it lacks, and a folder."""

    environ: dict[str, str]
    folder: Path
    unset: set[str] = field(default_factory=set)

    def __call__(self, *arguments: str, typed: str = "") -> Ran:
        result = testing.CliRunner().invoke(
            app, arguments, input=typed, env={**dict.fromkeys(self.unset), **self.environ}
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    @property
    def bucket(self) -> Bucket:
        return Bucket(settings.read(self.environ).s3)
