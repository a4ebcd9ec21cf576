"""The commands about jobs: list them, tell their story, end them, make them again."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.meddling_proxy import Passed, Reply, before, s3_error
from videogen import jobs, settings
from videogen.clock import Clock
from videogen.jobs import Job, Stage, Status
from videogen.objects import S3Objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.served_site import ServedSite
    from support.terminal import Operator
    from videogen.job_store import JobStore
    from videogen.local.blackbox import Simulator


@pytest.fixture
def saving(videogen: Operator, site: ServedSite) -> str:
    """A job whose worker has died while saving."""
    site.loses_calls = True
    job_id = site.make("slow pan over the lake")
    site.loses_calls = False
    url = f"{videogen.environ['BLACKBOX_BASE_URL']}/videos/gone/output.mp4"
    store = videogen.bucket.store
    change(store, job_id, lambda job: jobs.claim(job, "worker", 1, now=time.time()))
    change(
        store,
        job_id,
        lambda job: jobs.record_url(job, "worker", 1, now=time.time(), url=url, request_id=None),
    )
    return job_id


# --- list --------------------------------------------------------------------------------------------------


def test_jobs_lists_the_newest_first_with_what_they_cost(videogen: Operator, site: ServedSite) -> None:
    made = site.make("slow pan over the lake")
    refused = site.make("[fault:E403] a storm")

    listed = videogen("jobs").out.splitlines()

    assert [line.split()[1:3] for line in listed] == [
        ["job", "status"],
        [refused, "failed"],
        [made, "completed"],
    ]
    assert listed[1].split()[4:] == ["no", "content_refused", "[fault:E403]", "a", "storm"]
    assert listed[2].split()[4:] == ["yes", "slow", "pan", "over", "the", "lake"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--status", "completed"], ["lake"]),
        (["--status", "completed", "--status", "failed"], ["storm", "lake"]),
        (["--code", "content_refused"], ["storm"]),
        (["--find", "LAKE"], ["lake"]),
        (["--day", "2020-01-01"], []),
    ],
    ids=" ".join,
)
def test_jobs_can_be_filtered(
    videogen: Operator, site: ServedSite, options: list[str], found: list[str]
) -> None:
    site.make("lake")
    site.make("[fault:E403] storm")

    listed = videogen("jobs", "--json", *options).json

    assert [job["prompt"].split()[-1] for job in listed] == found


def test_no_jobs_is_said(videogen: Operator) -> None:
    assert videogen("jobs").out == "no jobs\n"


def test_an_access_key_that_may_not_list_is_told_what_it_lacks(videogen: Operator) -> None:
    def refuse(request: Passed) -> Reply | None:
        return s3_error(403, "AccessDenied") if "list-type" in request.path else None

    with before(videogen, refuse):
        ran = videogen("jobs")

    assert ran.code == 1
    assert "the bucket cannot be listed (AccessDenied): allow s3:ListBucket" in ran.err


# --- show --------------------------------------------------------------------------------------------------


def test_show_tells_what_happened_when_and_what_it_cost(videogen: Operator, site: ServedSite) -> None:
    job_id = site.make("slow pan over the lake")

    shown = videogen("show", job_id).out

    assert "One video was paid for." in shown
    actions = [line.split()[2] for line in shown.splitlines() if line.strip().startswith("+")]
    assert actions == ["job.created", "job.claimed", "blackbox.answered", "job.completed"]
    assert f"photos/{job_id}/1" in shown
    assert f"videos/{job_id}/1.mp4" in shown


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("[fault:E403]", "No money was spent."),
        ("[fault:E408]", "One video may have been paid for: look at the provider's account."),
    ],
)
def test_show_says_whether_money_was_spent(
    videogen: Operator, site: ServedSite, prompt: str, sentence: str
) -> None:
    assert sentence in videogen("show", site.make(prompt)).out


def test_show_has_what_a_question_to_the_provider_names(videogen: Operator, site: ServedSite) -> None:
    shown = videogen("show", site.make("[fault:E400-budget]")).out

    assert "status 400, error code 400" in shown
    assert "x-litellm-call-id 5f1d0c3a-9be8-4e27, x-request-id req_8f1e2d3c" in shown


def test_show_takes_the_page_s_link(videogen: Operator, site: ServedSite) -> None:
    job_id = site.make("lake")

    assert videogen("show", f"{site.url}/#{job_id}", "--json").json["record"]["id"] == job_id


def test_an_id_may_begin_with_a_dash(videogen: Operator) -> None:
    ran = videogen("show", "-AAAAAAAAAAAAAAAAAAAAA")

    assert ran.code == 1
    assert "there is no job -AAAAAAAAAAAAAAAAAAAAA" in ran.err


def test_what_is_no_id_is_told(videogen: Operator) -> None:
    ran = videogen("show", "lake")

    assert (ran.code, ran.err) == (
        1,
        "videogen: lake is no job's id: it has 22 letters, digits, dashes and underscores\n",
    )


def test_missing_variables_are_told_in_one_line(videogen: Operator) -> None:
    videogen.environ["S3_BUCKET"] = ""

    ran = videogen("jobs")

    assert (ran.code, ran.err) == (
        1,
        "videogen: S3_BUCKET is not set: give it a value such as my-videos\n",
    )


# --- fail --------------------------------------------------------------------------------------------------


def test_fail_asks_and_says_what_becomes_of_the_money(videogen: Operator, saving: str) -> None:
    ran = videogen("fail", saving, typed="n\n")

    assert ran.code == 1
    assert "save_failed: The video was made, but it could not be saved. It was charged" in ran.err
    assert stored(videogen, saving).stage is Stage.SAVING


def test_fail_ends_a_job_and_keeps_a_paid_video_rescuable(videogen: Operator, saving: str) -> None:
    ran = videogen("fail", saving, "--yes")

    assert (ran.code, ran.out) == (0, f"failed. One video was paid for.\nvideogen rescue {saving}\n")
    assert stored(videogen, saving).is_rescuable


def test_fail_gives_the_days_limit_back_what_was_not_spent(videogen: Operator, site: ServedSite) -> None:
    site.loses_calls = True
    job_id = site.make("lake")

    assert videogen("fail", job_id, "--yes").out == "failed. No money was spent.\n"
    ledger = next(iter(videogen.bucket.entries("ledger/"))).key
    assert json.loads(videogen.bucket.get(ledger).body)["jobs"] == {}


def test_fail_leaves_a_job_alone_that_has_ended(videogen: Operator, site: ServedSite) -> None:
    job_id = site.make("lake")
    before = stored(videogen, job_id)

    ran = videogen("fail", job_id, "--yes")

    assert (ran.code, ran.err) == (1, "videogen: this job has ended already: completed\n")
    assert stored(videogen, job_id) == before


# --- again -------------------------------------------------------------------------------------------------


def test_retry_asks_with_the_price_and_buys_a_new_video(
    videogen: Operator, site: ServedSite, simulator: Simulator
) -> None:
    job_id = site.make("[fault:E403] [times:1] lake")
    bought = len(simulator.purchases)
    assert videogen("retry", job_id, "--site", site.url, typed="n\n").code == 1

    ran = videogen("retry", job_id, "--site", site.url, typed="y\n")
    site.join()

    assert "This buys one video (blackboxai/google/veo-3-fast, 0.80 USD). Go on? [y/N]" in ran.err
    new_id, link = ran.out.splitlines()[-2:]
    assert link == f"{site.url}/#{new_id}"
    assert stored(videogen, new_id).status is Status.COMPLETED
    assert len(simulator.purchases) == bought + 1


def test_rescue_saves_a_paid_video_and_buys_nothing(
    videogen: Operator, site: ServedSite, simulator: Simulator, saving: str
) -> None:
    donor = site.make("a video that the provider has")
    url = stored(videogen, donor).provider_url
    store = videogen.bucket.store
    store.swap(store.read(saving), lambda it: replace(it.job, provider_url=url))
    videogen("fail", saving, "--yes")
    bought = len(simulator.purchases)

    ran = videogen("rescue", saving, "--site", site.url)
    site.join()

    rescued = stored(videogen, ran.out.splitlines()[0])
    assert (rescued.status, rescued.rescues) == (Status.COMPLETED, saving)
    assert len(simulator.purchases) == bought


def test_rescue_says_why_there_is_nothing_to_rescue(videogen: Operator, site: ServedSite) -> None:
    job_id = site.make("lake")

    ran = videogen("rescue", job_id, "--site", site.url)

    assert (ran.code, ran.err) == (
        1,
        "videogen: there is nothing to rescue: its video is stored\n",
    )


def test_the_site_s_own_words_are_passed_on(videogen: Operator, site: ServedSite) -> None:
    job_id = site.make("[fault:E403] lake")
    videogen.environ["VIDEOGEN_SIGNING_SECRET"] = "whsec_" + "A" * 40

    ran = videogen("retry", job_id, "--site", site.url, "--yes")

    assert (ran.code, ran.err) == (1, "videogen: Only whoever started this video can try it again.\n")


# --- usage -------------------------------------------------------------------------------------------------


def test_usage_counts_jobs_failures_and_money(videogen: Operator, site: ServedSite) -> None:
    for prompt in ("lake", "[fault:E403]", "[fault:E408]"):
        site.make(prompt)

    day, total = videogen("usage", "--json").json

    assert total == {**day, "day": "all"}
    assert {
        name: day[name] for name in ("jobs", "completed", "running", "failures", "spent", "maybe_spent")
    } == {
        "jobs": 3,
        "completed": 1,
        "running": 0,
        "failures": {"content_refused": 1, "outcome_unknown": 1},
        "spent": 0.8,
        "maybe_spent": 0.8,
    }
    assert videogen("usage").out.splitlines()[-1].split()[-7:-4] == ["0.80", "to", "1.60"]


# --- purge -------------------------------------------------------------------------------------------------


def test_purge_asks_and_deletes_nothing_that_is_young(videogen: Operator, site: ServedSite) -> None:
    site.make("lake")
    before = [entry.key for entry in videogen.bucket.entries("")]

    ran = videogen("purge")

    assert (ran.code, ran.out) == (0, "deleted: 0 objects older than 30 days or of no job, 0.0 MB\n")
    assert [entry.key for entry in videogen.bucket.entries("")] == before


def test_purge_deletes_what_is_old_after_asking(
    videogen: Operator, site: ServedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.make("lake")
    later = time.time() + 31 * 24 * 3600
    monkeypatch.setattr("videogen.cli.app.CLOCK", Clock(now=lambda: later))
    assert "would delete: 4 objects" in videogen("purge", "--dry-run").out
    assert videogen("purge", typed="n\n").code == 1
    assert len(list(videogen.bucket.entries(""))) == 5

    ran = videogen("purge", typed="y\n")

    assert ran.code == 0, ran.err
    assert [entry.key.split("/")[0] for entry in videogen.bucket.entries("")] == ["stats"]


def test_purge_deletes_records_last(
    videogen: Operator, site: ServedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted purge finds the rest of a job by its record."""
    site.make("lake")
    later = time.time() + 31 * 24 * 3600
    monkeypatch.setattr("videogen.cli.app.CLOCK", Clock(now=lambda: later))
    delete, deleted = S3Objects.delete, []

    def noting(objects: S3Objects, key: str) -> None:
        deleted.append(key.split("/", maxsplit=1)[0])
        delete(objects, key)

    monkeypatch.setattr(S3Objects, "delete", noting)

    videogen("purge", "--yes")

    assert sorted(deleted[:-1]) == ["ledger", "photos", "videos"]
    assert deleted[-1] == "jobs"


# --- the environment ---------------------------------------------------------------------------------------


def test_a_dot_env_of_the_folder_counts_and_the_process_wins(videogen: Operator, tmp_path: Path) -> None:
    bucket = videogen.environ.pop("S3_BUCKET")
    (tmp_path / ".env").write_text(f"S3_BUCKET='{bucket}' # ours\nS3_REGION=elsewhere\n")
    videogen.unset.add("S3_BUCKET")

    assert videogen("jobs").code == 0


def change(store: JobStore, job_id: str, step: Callable[[Job], Job | None]) -> None:
    assert store.swap(store.read(job_id), lambda it: step(it.job)) is not None


def stored(operator: Operator, job_id: str) -> Job:
    return operator.bucket.store.read(job_id).job


def test_push_keys_are_a_pair_that_the_settings_take(videogen: Operator) -> None:
    ran = videogen("push-keys")
    given = dict(line.split("=", 1) for line in ran.out.splitlines())
    push = settings.read_push(given)
    assert (ran.code, push and push.public_key) == (0, given["VIDEOGEN_VAPID_PUBLIC_KEY"])
    assert videogen("push-keys").out != ran.out
