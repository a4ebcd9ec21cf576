"""`videogen purge`: what a bucket without lifecycle rules has to be rid of. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from videogen.cli.bucket import id_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from videogen.cli.bucket import Entry

_LEDGER = re.compile(r"ledger/[0-9]{4}-[0-9]{2}-[0-9]{2}\.json")
ORPHAN_AGE = 24 * 60 * 60.0
"""Seconds; a start stores its photos some seconds before its record."""


@dataclass(frozen=True, slots=True)
class Purge:
    """The objects to delete: files of no job, files of old jobs and old ledgers, old jobs' records.

    `has_records` says whether there was any record at all.
    """

    orphans: tuple[Entry, ...]
    files: tuple[Entry, ...]
    records: tuple[Entry, ...]
    has_records: bool = True

    @property
    def lost_videos(self) -> int:
        """How many paid videos belong to no record: one or two may be left by killed workers, not many."""
        return sum(entry.key.startswith("videos/") for entry in self.orphans)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything, in the order in which it is to be deleted."""
        return (*self.orphans, *self.files, *self.records)


def plan(
    records: Iterable[Entry],
    files: Iterable[Entry],
    ledgers: Iterable[Entry],
    *,
    now: float,
    older_than: float,
) -> Purge:
    """Decide what goes.

    That is: jobs last written longer ago than so many seconds with their photos and videos, ledgers of that
    age, and files that have belonged to no job for a day. What no site writes is not touched: a bucket may be
    shared.
    """
    records = [entry for entry in records if id_of(entry)]
    files = [entry for entry in files if id_of(entry)]
    ledgers = [entry for entry in ledgers if _LEDGER.fullmatch(entry.key)]
    old = {id_of(entry) for entry in records if now - entry.modified > older_than}
    known = {id_of(entry) for entry in records}
    return Purge(
        orphans=tuple(
            entry for entry in files if id_of(entry) not in known and now - entry.modified > ORPHAN_AGE
        ),
        files=(
            *(entry for entry in files if id_of(entry) in old),
            *(entry for entry in ledgers if now - entry.modified > older_than),
        ),
        records=tuple(entry for entry in records if id_of(entry) in old),
        has_records=bool(records),
    )
