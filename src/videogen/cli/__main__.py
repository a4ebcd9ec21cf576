"""`python -m videogen.cli` is `videogen`."""

from __future__ import annotations

from videogen.cli import main

main()
