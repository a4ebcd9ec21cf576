"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "failure"]
CLOCK_REMEDY = "let the system keep the time, on Linux with: sudo timedatectl set-ntp true"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one thing; `remedy` is "" where all is well."""

    level: Level
    about: str
    detail: str
    remedy: str = ""


class Failed(Exception):
    """A check has failed in such a way that those after it in its part make no sense."""

    def __init__(self, about: str, detail: str, remedy: str) -> None:
        self.finding = Finding("failure", about, detail, remedy)
        super().__init__(detail)
