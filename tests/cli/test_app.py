"""The commands about jobs: list them, tell their story, end them, make them again."""

from __future__ import annotations

import json
import re
import shlex
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.meddling_proxy import Passed, Reply, answering, before, s3_error
from videogen import jobs, settings
from videogen.clock import Clock
from videogen.jobs import Job, Stage, Status
from videogen.objects import S3Objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.served_site import ServedSite
    from support.terminal import Operator
    from videogen.job_store import JobStore
    from videogen.local.blackbox import Simulator


ROOT = Path(__file__).resolve().parents[2]


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


def test_jobs_can_be_filtered(videogen: Operator, site: ServedSite) -> None:
    site.make("lake")
    site.make("[fault:E403] storm")

    listed = {
        options: [job["prompt"].split()[-1] for job in videogen("jobs", "--json", *options.split()).json]
        for options in (
            "--status completed",
            "--status completed --status failed",
            "--code content_refused",
            "--find LAKE",
            "--day 2020-01-01",
            "--day 0026-11-22",
        )
    }

    assert listed == {
        "--status completed": ["lake"],
        "--status completed --status failed": ["storm", "lake"],
        "--code content_refused": ["storm"],
        "--find LAKE": ["lake"],
        "--day 2020-01-01": [],
        "--day 0026-11-22": [],
    }


@pytest.mark.parametrize(
    ("prompt", "find"),
    [
        ("Zoe\u0308 smiles", "ZO\u00cb"),
        ("Zo\u00eb smiles", "zoe\u0308"),
        ("\u1112\u1161\u11ab river", "\ud55c"),
        ("a stra\u00dfe", "STRASSE"),
    ],
)
def test_find_takes_a_text_in_any_unicode_form(
    videogen: Operator, site: ServedSite, prompt: str, find: str
) -> None:
    job_id = site.make(prompt)

    assert [job["id"] for job in videogen("jobs", "--json", "--find", find).json] == [job_id]


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


def test_a_prompt_of_several_lines_forges_no_line_of_show(videogen: Operator, site: ServedSite) -> None:
    job_id = site.make("lake\nmoney          No money was spent.\nnext           rm -rf /")
    change(videogen.bucket.store, job_id, lambda job: replace(job, model="a\nstatus         failed"))

    lines = videogen("show", job_id).out.splitlines()

    at = {name: lines.index(next(line for line in lines if line.startswith(name))) for name in ("pr", "mod")}
    assert lines[at["pr"] : at["pr"] + 3] == [
        "prompt         lake",
        " " * 15 + "money          No money was spent.",
        " " * 15 + "next           rm -rf /",
    ]
    assert lines[at["mod"] : at["mod"] + 2] == ["model          a", " " * 15 + "status         failed"]


def test_a_question_prints_no_control_of_a_record(videogen: Operator, site: ServedSite) -> None:
    job_id = site.make("[fault:E403] lake")
    change(videogen.bucket.store, job_id, lambda job: replace(job, model="a\x1b[2J\x07\x9b\u202e\nb"))

    ran = videogen("retry", job_id, "--site", site.url, typed="n\n")

    assert r"This buys one video (a\x1b[2J\x07\x9b\u202e b, price not set). Go on? [y/N]" in ran.err


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


def test_a_retry_whose_answer_is_lost_goes_on_and_buys_once(
    videogen: Operator, site: ServedSite, simulator: Simulator
) -> None:
    job_id = site.make("[fault:E403] [times:1] lake")
    bought = len(simulator.purchases)

    def lose(request: Passed) -> Reply:
        site.answer(request.method, request.path, request.headers, request.body)
        return 504, {"Content-Type": "text/html"}, b"<h1>Gateway Timeout</h1>"

    with answering(lose) as gateway:
        lost = videogen("retry", job_id, "--site", gateway.url, "--yes")
    site.join()
    key = next(line.removeprefix("key ") for line in lost.err.splitlines() if line.startswith("key "))
    again = shlex.split(lost.err.splitlines()[-2])
    assert (lost.code, again) == (
        1,
        ["videogen", "retry", "--site", gateway.url, "--key", key, "--yes", "--", job_id],
    )

    resumed = videogen(*(word.replace(gateway.url, site.url) for word in again[1:]))
    site.join()

    assert resumed.code == 0, resumed.err
    assert stored(videogen, resumed.out.splitlines()[0]).status is Status.COMPLETED
    assert len(simulator.purchases) == bought + 1


def test_a_retry_names_its_key_in_json_though_it_fails(videogen: Operator, site: ServedSite) -> None:
    job_id, key = site.make("[fault:E403] lake"), "k" * 16

    ran = videogen("retry", job_id, "--site", "http://127.0.0.1:9", "--yes", "--json", "--key", key)

    assert (ran.code, ran.json) == (
        1,
        {"key": key, "error": "http://127.0.0.1:9 cannot be reached (ConnectError)"},
    )


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

    said = ran.err.splitlines()[1:]
    assert (ran.code, said) == (1, ["videogen: Only whoever started this video can try it again."])


# --- usage -------------------------------------------------------------------------------------------------


def test_usage_counts_jobs_failures_and_money(videogen: Operator, site: ServedSite) -> None:
    for prompt in ("lake", "[fault:E403]", "[fault:E408]"):
        site.make(prompt)

    day, total = videogen("usage", "--json").json

    assert total == {**day, "day": "all", "name": "all", "unreadable": 0}
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

    ran = videogen("purge", typed="y\n")

    said = "deleted: 0 objects older than 30 days or of no job, 0.0 MB"
    assert (ran.code, ran.out.splitlines()[-1]) == (0, said)
    assert " ".join(ran.err.split()).startswith(
        "Delete 0 objects older than 30 days or of no job, 0.0 MB, and unfinished uploads older than 30 "
        "days, for good?"
    )
    assert [entry.key for entry in videogen.bucket.entries("")] == before


def test_purge_aborts_old_uploads_where_no_object_is_due(
    videogen: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = f"videos/{'A' * 22}/1.mp4"
    assert unfinished(videogen, "A" * 22) == [upload]
    later = time.time() + 31 * 24 * 3600
    monkeypatch.setattr("videogen.cli.app.CLOCK", Clock(now=lambda: later))

    assert (videogen("purge", "--dry-run").code, unfinished(videogen)) == (0, [upload])
    assert (videogen("purge", typed="n\n").code, unfinished(videogen)) == (1, [upload])
    assert (videogen("purge", "--yes").code, unfinished(videogen)) == (0, [])


def no_uploads(status: int, code: str) -> Callable[[Passed], Reply | None]:
    """Answer a question for unfinished uploads with an error."""

    def refuse(request: Passed) -> Reply | None:
        is_asked = request.method == "GET" and "uploads" in request.path.partition("?")[2]
        return s3_error(status, code) if is_asked else None

    return refuse


def test_purge_says_that_it_could_not_look_for_uploads(videogen: Operator) -> None:
    with before(videogen, no_uploads(403, "AccessDenied")):
        ran = videogen("purge", "--yes", "--json")

    assert (ran.code, ran.json) == (0, {"deleted": True, "objects": []})
    assert ran.err == (
        "videogen: unfinished uploads under videos/ could not be looked for: the bucket cannot be listed "
        "(AccessDenied): allow s3:ListBucketMultipartUploads and s3:AbortMultipartUpload, or ask `videogen "
        "doctor`\n"
    )


def test_purge_deletes_what_is_old_after_asking(
    videogen: Operator, site: ServedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = f"videos/{site.make('lake')}/1.mp4"
    later = time.time() + 31 * 24 * 3600
    monkeypatch.setattr("videogen.cli.app.CLOCK", Clock(now=lambda: later))
    assert unfinished(videogen, upload.split("/")[1]) == [upload]
    assert "would delete: 4 objects" in videogen("purge", "--dry-run").out
    assert videogen("purge", typed="n\n").code == 1
    assert (len(list(videogen.bucket.entries(""))), unfinished(videogen)) == (5, [upload])

    ran = videogen("purge", typed="y\n")

    assert ran.code == 0, ran.err
    assert [entry.key.split("/")[0] for entry in videogen.bucket.entries("")] == ["stats"]
    assert unfinished(videogen) == []


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


@pytest.mark.parametrize("quoted", ['"{}"', "\ufeff{}", "VIDEOGEN_SITE={}"])
def test_the_site_of_a_dot_env_counts_as_it_is_meant(
    videogen: Operator, site: ServedSite, tmp_path: Path, quoted: str
) -> None:
    (tmp_path / ".env").write_text(f"VIDEOGEN_SITE='{quoted.format(site.url)}'\n")
    videogen.unset.add("VIDEOGEN_SITE")

    findings = videogen("doctor", "--json").json

    assert [one["level"] for one in findings if one["about"] == "site"] == ["ok"]


@pytest.mark.parametrize(
    ("site", "named"),
    [
        ("https://[::1", "https://[::1"),
        ("https://anna:geheim@my-videos.netlify.app", "this"),
        ("anna:geheim@my-videos.netlify.app", "this"),
        ("https://my videos.netlify.app/@geheim", "this"),
    ],
)
@pytest.mark.parametrize("how", ["option", "variable"])
def test_a_site_that_is_no_address_is_refused(videogen: Operator, site: str, named: str, how: str) -> None:
    if how == "variable":
        videogen.environ["VIDEOGEN_SITE"] = site
    ran = videogen("doctor", *(["--site", site] if how == "option" else []))

    said = " ".join(ran.err.replace("│", " ").split())
    assert ran.code == 2
    assert f"'--site': {named} is no web address: write it as https://my-videos.netlify.app" in said
    assert "geheim" not in ran.err


def test_a_dot_env_that_is_no_utf_8_is_named(videogen: Operator, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("S3_REGION=café\n", encoding="latin-1")

    ran = videogen("jobs")

    assert (ran.code, ran.err) == (1, "videogen: .env is no text in UTF-8: save it as that\n")


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


# --- cancel, erase -----------------------------------------------------------------------------------------


def test_erase_leaves_tombstones_without_their_owner(videogen: Operator, site: ServedSite) -> None:
    first, second = site.make("a lake"), site.make("a storm")
    assert videogen("erase", first, second, typed="n\n").code == 1

    ran = videogen("erase", first, f"{site.url}/#{second}", "--yes")

    assert (ran.code, [line.split()[0] for line in ran.out.splitlines()]) == (0, [first, second])
    keys = [entry.key for entry in videogen.bucket.entries("")]
    assert [key for key in keys if first in key or second in key] == sorted(
        f"jobs/{job_id}.json" for job_id in (first, second)
    )
    assert [stored(videogen, job_id).prompt for job_id in (first, second)] == ["", ""]
    assert videogen("erase", first, "--yes").code == 0


def unfinished(operator: Operator, *job_ids: str) -> list[str]:
    """Begin an upload of a video for jobs; return the keys of all that are unfinished."""
    bucket = operator.bucket
    where, prefix = bucket.settings.bucket, bucket.settings.prefix
    for job_id in job_ids:
        bucket.client.create_multipart_upload(Bucket=where, Key=f"{prefix}videos/{job_id}/1.mp4")
    found = bucket.client.list_multipart_uploads(Bucket=where, Prefix=prefix).get("Uploads", [])
    return [upload["Key"].removeprefix(prefix) for upload in found]


@pytest.mark.parametrize("record", ["whole", "damaged", "lost"])
def test_erase_aborts_the_unfinished_uploads_of_its_job(
    videogen: Operator, site: ServedSite, record: str
) -> None:
    job_id, other = site.make("a lake"), "A" * 22
    unfinished(videogen, job_id, other)
    if record == "damaged":
        damage(videogen, job_id)
    if record == "lost":
        videogen.bucket.delete(f"jobs/{job_id}.json")

    videogen("erase", job_id, "--yes")

    assert unfinished(videogen) == [f"videos/{other}/1.mp4"]


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (501, "NotImplemented"), (500, "no")])
@pytest.mark.parametrize("record", ["whole", "lost"])
def test_uploads_that_cannot_be_looked_for_undo_no_erasure(
    videogen: Operator, site: ServedSite, record: str, status: int, code: str
) -> None:
    first, last = site.make("a lake"), site.make("a storm")
    if record == "lost":
        videogen.bucket.delete(f"jobs/{first}.json")

    with before(videogen, no_uploads(status, code)):
        ran = videogen("erase", first, last, "--yes", "--json")
        left = [*videogen.bucket.objects_of(first), *videogen.bucket.objects_of(last)]

    erased = [first, last] if record == "whole" else [last]
    assert (ran.code, [job["id"] for job in ran.json], left) == (0, erased, [])
    assert [line for line in ran.err.splitlines() if "no record" not in line] == [
        f"videogen: unfinished uploads under videos/{job_id}/ could not be looked for: the bucket cannot be "
        f"listed ({code}): allow s3:ListBucketMultipartUploads and s3:AbortMultipartUpload, or ask "
        "`videogen doctor`"
        for job_id in (first, last)
    ]


def test_cancel_ends_a_waiting_job_and_leaves_the_others(videogen: Operator, site: ServedSite) -> None:
    site.loses_calls = True
    waiting, unknown = site.make("a lake"), "A" * 22
    made = site.make("a storm")
    change(videogen.bucket.store, made, lambda job: jobs.cancel(job, now=job.created_at + 1))

    ran = videogen("cancel", waiting, unknown, made, "--yes", "--json")

    assert (ran.code, [job["status"] for job in ran.json]) == (1, ["canceled", "canceled"])
    assert unknown in ran.err


def damage(operator: Operator, job_id: str) -> None:
    operator.bucket.put(f"jobs/{job_id}.json", b"{", content_type="application/json")


def test_a_damaged_record_keeps_no_other_job_from_its_end(videogen: Operator, site: ServedSite) -> None:
    first, damaged, last = (site.make(f"lake {number}") for number in range(3))
    damage(videogen, damaged)

    ran = videogen("erase", first, damaged, last, "--yes", "--json")

    assert (ran.code, [job["id"] for job in ran.json]) == (1, [first, last])
    assert ran.err == (
        f"videogen: {damaged}: a document in the storage is not a JSON object: photos and video are deleted; "
        "the record stays, and may hold the prompt, until the bucket's rules or videogen purge delete it\n"
    )
    assert [entry.key for entry in videogen.bucket.entries("") if damaged in entry.key] == [
        f"jobs/{damaged}.json"
    ]


@pytest.mark.parametrize("left", [["photos", "videos"], ["photos"], ["videos"]], ids=str)
def test_erase_deletes_the_files_of_a_lost_record(
    videogen: Operator, site: ServedSite, left: list[str]
) -> None:
    lost, kept = site.make("a lake"), site.make("a storm")
    for entry in list(videogen.bucket.entries("")):
        if lost in entry.key and entry.key.split("/")[0] not in left:
            videogen.bucket.delete(entry.key)

    ran = videogen("erase", lost, kept, "--yes", "--json")

    assert (ran.code, [job["id"] for job in ran.json], ran.err) == (
        0,
        [kept],
        f"videogen: {lost}: files deleted: {len(left)}; there is no record\n",
    )
    assert [entry.key for entry in videogen.bucket.entries("") if lost in entry.key] == []
    again = videogen("erase", lost, "--yes")
    assert (again.code, again.out, again.err) == (1, "", f"videogen: {lost}: Job not found.\n")


def test_cancel_tells_a_damaged_job_and_keeps_its_files(videogen: Operator, site: ServedSite) -> None:
    damaged = site.make("lake")
    damage(videogen, damaged)

    ran = videogen("cancel", damaged, "--yes", "--json")

    assert (ran.code, ran.json, ran.err) == (
        1,
        [],
        f"videogen: {damaged}: a document in the storage is not a JSON object\n",
    )
    assert [entry.key.split("/")[0] for entry in videogen.bucket.objects_of(damaged)] == ["photos", "videos"]


# --- what is typed wrongly ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["jobs", "--day", "yesterday"], "yesterday is no day: write it as 2026-11-22"),
        (["jobs", "--day", "2026-11-31"], "2026-11-31 is no day"),
        (["jobs", "--day", "22.11.2026"], "22.11.2026 is no day"),
        (["jobs", "--code", "nonsense"], "nonsense is none of"),
        (["jobs", "--limit", "0"], "greater than or equal to 1"),
        (["jobs", "--days", "9" * 400], "less than or equal to 36500"),
        (["usage", "--days", "9" * 400], "less than or equal to 36500"),
        (["purge", "--older-than", "9" * 400], "less than or equal to 36500"),
        (["worker", "--drain", "inf"], "less than or equal to 86400"),
        (["worker", "--drain", "1e300"], "less than or equal to 86400"),
        (["worker", "--drain", "nan"], "less than or equal to 86400"),
        (["worker", "--drain", "-1"], "greater than or equal to 0"),
        (["usage", "--by", "week"], "'week' is not one of"),
        (["doctor", "--since", "yesterday"], "yesterday is no time: write it as 30m"),
        (["doctor", "--since", "\x1b[31m1h"], r"\x1b[31m1h is no time"),
        (["jobs", "--day", "\x07\u202e"], r"\x07\u202e is no day"),
        (["jobs", "--code", "\x9b31m\nno_video"], r"\x9b31m no_video is none of"),
        (["doctor", "--site", "\x1b[2J"], r"\x1b[2J is no web address"),
        (["rescue", "A" * 22, "--site", ""], "name a site, such as https://my-videos.netlify.app"),
        (["retry", "A" * 22, "--site", "http://127.0.0.1:9", "--key", "schlüssel-schlüssel"], "a key has 16"),
        (["retry", "A" * 22, "--site", "http://127.0.0.1:9", "--key", "short"], "a key has 16 to 255"),
    ],
)
def test_a_value_that_is_none_is_wrong_usage(videogen: Operator, options: list[str], said: str) -> None:
    ran = videogen(*options)

    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.replace("│", " ").split())


def test_the_version_is_the_project_s(videogen: Operator) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert videogen("--version").out == f"videogen {project['version']}\n"


def test_jobs_can_be_limited(videogen: Operator, site: ServedSite) -> None:
    site.make("a lake")
    newest = site.make("a storm")

    assert [job["id"] for job in videogen("jobs", "--limit", "1", "--json").json] == [newest]


# --- what cannot be read, or has no record -----------------------------------------------------------------


def test_records_that_cannot_be_read_are_counted_and_named(videogen: Operator, site: ServedSite) -> None:
    made, broken = site.make("a lake"), ["A" * 22, "B" * 21 + "A"]
    for job_id in broken:
        damage(videogen, job_id)
    for foreign in ("notes.json", "", f"{made}.json.bak"):
        videogen.bucket.put(f"jobs/{foreign}", b"{", content_type="application/json")

    for command in ("jobs", "usage"):
        ran = videogen(command, "--json")
        assert ran.code == 0
        assert f"2 records cannot be read and are left out: {', '.join(broken)}" in ran.err
    assert [job["id"] for job in videogen("jobs", "--json").json] == [made]
    assert [group.get("unreadable") for group in videogen("usage", "--json").json] == [None, 2]
    ran = videogen("doctor", "--since", "1h", "--json")
    assert (ran.code, ran.json[0]) == (
        1,
        {
            "level": "failure",
            "about": "records",
            "detail": f"2 of 3 cannot be read: {', '.join(broken)}",
            "remedy": "bring them back from a version or a copy of the bucket: docs/runbook.md",
        },
    )


@pytest.mark.parametrize("lost", ["all", "one"])
def test_purge_refuses_where_videos_have_no_record(
    videogen: Operator, site: ServedSite, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    first = site.make("a lake")
    if lost == "one":
        site.make("a storm")
    videogen.bucket.delete(f"jobs/{first}.json")
    later = time.time() + 2 * 24 * 3600
    monkeypatch.setattr("videogen.cli.app.CLOCK", Clock(now=lambda: later))
    before = [entry.key for entry in videogen.bucket.entries("")]

    ran = videogen("purge", "--yes")

    assert (ran.code, ran.out) == (1, "")
    assert "nothing is deleted: 2 files (1 videos) have no record under jobs/" in ran.err
    assert [entry.key for entry in videogen.bucket.entries("")] == before
    assert videogen("purge", "--orphans", "--yes").code == 0
    assert [entry.key for entry in videogen.bucket.entries("") if first in entry.key] == []


def test_purge_leaves_what_is_not_the_site_s_alone(
    videogen: Operator, site: ServedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.make("a lake")
    foreign = ["photos/2019/holiday.jpg", "photos/holiday.jpg", "videos/film.mp4", "jobs/notes.json"]
    foreign += [f"videos/{'A' * 22}", "ledger/2019.ods", "photos/" + "A" * 22 + "/2019/holiday.jpg"]
    markers = ["jobs/", "photos/", "videos/", f"videos/{'A' * 22}/"]
    for key in (*foreign, *markers):
        videogen.bucket.put(key, b"", content_type="image/jpeg")
    later = time.time() + 31 * 24 * 3600
    monkeypatch.setattr("videogen.cli.app.CLOCK", Clock(now=lambda: later))

    ran = videogen("purge", "--yes", "--json")

    assert ran.code == 0, ran.err
    assert {key.split("/")[0] for key in ran.json["objects"]} == {"photos", "videos", "ledger", "jobs"}
    assert sorted(entry.key for entry in videogen.bucket.entries("") if "stats" not in entry.key) == sorted(
        foreign
    )


# --- since, plots, prices ----------------------------------------------------------------------------------


def test_doctor_since_looks_at_jobs_alone_and_exits_for_cron(videogen: Operator, site: ServedSite) -> None:
    assert videogen("doctor", "--since", "1h").code == 0
    for _ in range(2):
        site.make("[fault:E401]")

    ran = videogen("doctor", "--since", "1h", "--json")

    assert (ran.code, ran.json[0]["level"]) == (1, "failure")
    assert ran.json[0]["detail"] == "2 of 2 jobs in 1h: 2 provider_account"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("S3_ENDPOINT_URL", "http://127.0.0.1:9", "the storage could not be reached"),
        ("S3_BUCKET", "elsewhere", "the bucket cannot be listed (NoSuchBucket)"),
        ("S3_BUCKET", "", "S3_BUCKET is not set"),
    ],
)
def test_doctor_since_finds_a_store_that_cannot_be_read(
    videogen: Operator, variable: str, value: str, said: str
) -> None:
    videogen.environ[variable] = value

    ran = videogen("doctor", "--since", "1h", "--json")

    assert (ran.code, [(one["level"], one["about"]) for one in ran.json]) == (1, [("failure", "jobs")])
    assert ran.json[0]["detail"].startswith(said)


def test_usage_writes_one_file_that_asks_nobody(videogen: Operator, site: ServedSite, tmp_path: Path) -> None:
    site.make("a lake")
    site.make("[fault:E403]")

    assert videogen("usage", "--html", "usage.html", "--days", "2").code == 0

    page = (tmp_path / "usage.html").read_text()
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*\"?(?!#)[^\")>]+", page) == []
    assert "<script" not in page
    assert ">1 of 2<" in page
    assert page.count("<svg viewBox") == 3
    plots = videogen("usage", "--plot", "--days", "2").out
    assert [line.split(":")[0] for line in plots.splitlines() if ":" in line and line[0] != " "] == [
        "Outcomes",
        "Seconds to a video",
        "USD by model",
    ]


def test_history_keeps_the_price_of_its_day(videogen: Operator, site: ServedSite) -> None:
    job_id = site.make("a lake")
    videogen.environ["BLACKBOX_MODELS"] = "blackboxai/google/veo-3-fast=99"

    assert videogen("usage", "--by", "model", "--json").json[0]["spent"] == 0.8
    change(videogen.bucket.store, job_id, lambda job: replace(job, price=None))
    assert videogen("usage", "--json").json[0]["spent"] == 99.0


def test_show_names_what_the_provider_said(videogen: Operator, site: ServedSite) -> None:
    refused = site.make("[fault:E403] a storm")

    assert "diagnostic     status 403, error code 403" in videogen("show", refused).out.splitlines()


def test_generate_names_key_and_job_though_it_fails(videogen: Operator, site: ServedSite, lake: Path) -> None:
    ran = videogen("generate", str(lake), "[fault:E403]", "--site", site.url, "--json")

    assert (ran.code, ran.json.keys()) == (1, {"key", "jobId", "error"})
    assert ran.err.splitlines()[0] == f"key {ran.json['key']}"
    assert f"job {ran.json['jobId']}  {site.url}/#{ran.json['jobId']}" in ran.err.splitlines()


def test_help_begins_with_what_everyone_needs(videogen: Operator) -> None:
    told = videogen("--help").out
    first, _, rest = told.partition("The rest")

    assert [name for name in ("doctor", "show", "rescue", "usage") if f" {name} " not in first] == []
    assert [name for name in ("purge", "erase", "fail", "generate") if f" {name} " not in rest] == []
