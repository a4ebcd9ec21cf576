"""A purge takes old jobs whole, what belongs to no job, and nothing else."""

from __future__ import annotations

from videogen.cli.bucket import Entry
from videogen.cli.purging import Purge, plan

NOW = 1_800_000_000.0
DAY = 24 * 60 * 60.0


def entry(key: str, *, days: float) -> Entry:
    return Entry(key, 1, NOW - days * DAY)


OLD_JOB, YOUNG_JOB, NO_JOB = (letter * 21 + "A" for letter in "OYN")
OLD = entry(f"jobs/{OLD_JOB}.json", days=31)
YOUNG = entry(f"jobs/{YOUNG_JOB}.json", days=29)


def purge(*files: Entry, ledgers: tuple[Entry, ...] = ()) -> Purge:
    return plan([OLD, YOUNG], files, ledgers, now=NOW, older_than=30 * DAY)


def test_an_old_job_goes_with_its_photos_and_its_video() -> None:
    files = (entry(f"photos/{OLD_JOB}/1", days=31), entry(f"videos/{OLD_JOB}/1.mp4", days=29))

    assert purge(*files) == Purge(orphans=(), files=files, records=(OLD,))


def test_a_young_job_stays_whole_whatever_the_age_of_its_files() -> None:
    assert purge(entry(f"photos/{YOUNG_JOB}/1", days=40)) == Purge(orphans=(), files=(), records=(OLD,))


def test_a_file_of_no_job_goes_when_no_start_can_be_about_to_store_the_job() -> None:
    orphan = entry(f"photos/{NO_JOB}/1", days=2)

    assert purge(orphan, entry(f"photos/{NO_JOB}/1", days=0.5)).orphans == (orphan,)


def test_ledgers_go_with_their_age() -> None:
    old, young = entry("ledger/2026-10-01.json", days=50), entry("ledger/2026-11-22.json", days=0)

    assert purge(ledgers=(old, young)).files == (old,)


def test_records_are_last_so_that_a_purge_can_be_repeated() -> None:
    found = purge(entry(f"photos/{NO_JOB}/1", days=2), entry(f"photos/{OLD_JOB}/1", days=31))

    assert [one.key for one in found.entries] == [f"photos/{NO_JOB}/1", f"photos/{OLD_JOB}/1", OLD.key]
