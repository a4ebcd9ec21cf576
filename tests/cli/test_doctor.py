"""`videogen doctor` finds all well where all is, and names cause and remedy in the first failing line."""

from __future__ import annotations

import errno
import json
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from support.hostile_proxy import BROKEN, PAGE, USABLE
from support.meddling_proxy import Passed, Reply, answering, before, s3_error
from support.s3_proxy import Drop, Rewrite, S3Proxy
from support.s3_proxy import Reply as S3Reply
from support.served_site import ServedSite
from videogen import blackbox, spending, videos
from videogen.cli import doctor, doctor_bucket, purchase
from videogen.errors import VideoInterrupted
from videogen.local import clips
from videogen.local.blackbox import Simulator
from videogen.push import new_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.terminal import Operator, Ran

CONDITIONS = ("if-match", "if-none-match")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the doctor write small videos, for speed; one test has them whole."""
    monkeypatch.setattr(doctor_bucket, "PART_BYTES", 2000)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 2000)


# --- all is well -------------------------------------------------------------------------------------------


def test_the_local_stack_is_all_green(videogen: Operator, site: ServedSite) -> None:
    ran = videogen("doctor", "--site", site.url, "--json")

    assert ran.code == 0
    assert [(finding["about"], finding["level"], finding["remedy"]) for finding in ran.json] == [
        (about, "ok", "")
        for about in (
            "variables",
            "bucket",
            "bucket, writing",
            "bucket, reading",
            "conditional writes",
            "presigned links",
            "privacy",
            "bucket, copying",
            "bucket, videos",
            "bucket, deleting",
            "versions",
            "lifecycle",
            "ledger",
            "sharing",
            "clock",
            "Blackbox",
            "signing secret",
            "site",
            "site, secret",
            "site, start",
            "site, worker",
            "site, page",
        )
    ]


def test_it_says_which_form_of_etag_the_store_takes(videogen: Operator) -> None:
    found = finding(videogen("doctor", "--json"), "conditional writes")

    assert found["detail"] == "enforced; ETags match with and without quotes"


def test_it_leaves_nothing_behind_and_buys_nothing(
    videogen: Operator, site: ServedSite, simulator: Simulator
) -> None:
    bought = len(simulator.purchases)

    videogen("doctor", "--site", site.url)
    site.join()

    assert list(videogen.bucket.entries("")) == []
    assert len(simulator.purchases) == bought


def test_each_line_begins_with_its_level_and_a_remedy_follows(videogen: Operator) -> None:
    lines = videogen("doctor").out.splitlines()

    assert lines[1].startswith("ok      bucket: ")
    assert lines[-2:] == [
        "warning site: not asked",
        "        → name the deployed site: videogen doctor --site https://…",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"jobs": {"a":',
        b"[]",
        b"{}",
        b'{"jobs": ["a"]}',
        b'{"jobs": {"a": "now"}}',
        b'{"jobs": {"a": NaN}}',
        b'{"jobs": {}, "others": {"a": 1}}',
        b"\xff\xfe",
    ],
)
def test_a_damaged_ledger_is_named(videogen: Operator, body: bytes) -> None:
    key = spending.ledger_key(time.time())
    videogen.bucket.put(key, body, content_type="application/json")

    ran = videogen("doctor", "--json")

    about, detail, remedy = first_failure(ran)
    assert (ran.code, about) == (1, "ledger")
    assert detail.endswith(f"/{key} cannot be read: no video can be started today")
    assert remedy.startswith("delete it, and today's limit counts from zero again: aws s3 rm s3://")


def test_a_ledger_that_counts_is_no_finding(videogen: Operator) -> None:
    body = b'{"jobs": {"a": 1.5}, "others": ["b"], "nonce": "n", "origin": "n"}'
    videogen.bucket.put(spending.ledger_key(time.time()), body, content_type="application/json")

    assert finding(videogen("doctor", "--json"), "ledger")["level"] == "ok"


# --- eight broken set-ups ----------------------------------------------------------------------------------


def test_no_key(videogen: Operator) -> None:
    videogen.environ["BLACKBOX_API_KEY"] = ""

    assert first_failure(videogen("doctor", "--json")) == (
        "variables",
        "BLACKBOX_API_KEY is not set",
        "give it a value such as sk-… as your Blackbox account shows it",
    )


def test_a_wrong_key_of_the_provider(videogen: Operator) -> None:
    with answering(lambda _: (401, {}, b'{"error": {"code": 401}}')) as provider:
        videogen.environ["BLACKBOX_BASE_URL"] = provider.url

        assert first_failure(videogen("doctor", "--json")) == (
            "Blackbox",
            "BLACKBOX_API_KEY was refused (401)",
            "copy the key anew from your Blackbox account, or make another one there",
        )


@pytest.mark.parametrize(
    ("code", "detail", "remedy"),
    [
        (
            "InvalidAccessKeyId",
            "the store does not know this S3_ACCESS_KEY_ID",
            "make an access key for the bucket's user and set both of its halves",
        ),
        (
            "SignatureDoesNotMatch",
            "S3_SECRET_ACCESS_KEY does not belong to S3_ACCESS_KEY_ID",
            "set both halves of the access key anew",
        ),
        (
            "RequestTimeTooSkewed",
            "this machine's clock and the store's are far apart",
            "let the system keep the time, on Linux with: sudo timedatectl set-ntp true",
        ),
    ],
)
def test_a_wrong_key_of_the_store_and_a_clock_that_it_refuses(
    videogen: Operator, code: str, detail: str, remedy: str
) -> None:
    with answering(lambda _: s3_error(403, code)) as store:
        videogen.environ["S3_ENDPOINT_URL"] = store.url

        assert first_failure(videogen("doctor", "--json")) == ("bucket", detail, remedy)


def test_a_store_that_redirects_whatever_is_asked(videogen: Operator) -> None:
    with answering(lambda _: s3_error(301, "PermanentRedirect")) as store:
        videogen.environ["S3_ENDPOINT_URL"] = store.url

        assert first_failure(videogen("doctor", "--json")) == (
            "bucket",
            f"{store.url} redirects whatever is asked",
            "set S3_ENDPOINT_URL to the store's S3 address, which is not that of its web console",
        )


def test_no_bucket(videogen: Operator) -> None:
    videogen.environ["S3_BUCKET"] = "elsewhere"

    assert first_failure(videogen("doctor", "--json")) == (
        "bucket",
        "there is no bucket elsewhere",
        "correct S3_BUCKET, or make it: aws s3 mb s3://elsewhere --region us-east-1",
    )


def test_a_read_only_bucket(videogen: Operator) -> None:
    def refuse(request: Passed) -> Reply | None:
        return s3_error(403, "AccessDenied") if request.method in {"PUT", "DELETE"} else None

    where = f"{videogen.environ['S3_BUCKET']}/{videogen.environ['S3_PREFIX']}"

    with before(videogen, refuse):
        assert first_failure(videogen("doctor", "--json")) == (
            "bucket, writing",
            "the access key may not do this: the bucket is read-only for it",
            f"allow s3:GetObject, s3:PutObject and s3:DeleteObject on arn:aws:s3:::{where}/*",
        )


@pytest.mark.parametrize(
    ("ignored", "named"),
    [
        (CONDITIONS, "If-None-Match and If-Match"),
        (("if-match",), "If-Match"),
        (("if-none-match",), "If-None-Match"),
    ],
    ids=["both", "If-Match", "If-None-Match"],
)
def test_a_store_without_conditional_writes(videogen: Operator, ignored: tuple[str, ...], named: str) -> None:
    def forget(request: Passed) -> None:
        for name in ignored:
            request.headers.pop(name, None)

    with before(videogen, forget):
        assert first_failure(videogen("doctor", "--json")) == (
            "conditional writes",
            f"the store ignores {named}: a video could be bought twice",
            "use a store that enforces conditional writes, such as AWS S3 or Cloudflare R2",
        )


@pytest.mark.parametrize("code", ["PreconditionFailed", "KeyAlreadyExists"])
def test_a_store_that_holds_each_new_key_for_taken(videogen: Operator, code: str) -> None:
    def refuse(request: Passed) -> Reply | None:
        return s3_error(412, code) if "if-none-match" in request.headers else None

    with before(videogen, refuse):
        assert first_failure(videogen("doctor", "--json")) == (
            "bucket, writing",
            "the store refuses a new object as if it already existed: no video can be started",
            "use a store that enforces conditional writes, such as AWS S3 or Cloudflare R2",
        )


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (s3_error(501, "NotImplemented"), "501"),
        (s3_error(403, "AccessDenied"), "403"),
        (s3_error(200, "InternalError"), "500"),
        ((200, {}, b""), "no ETag"),
        ((405, {"Content-Type": "text/html"}, PAGE), "405"),
    ],
)
def test_a_store_that_copies_nothing(videogen: Operator, answer: Reply, told: str) -> None:
    with before(videogen, lambda request: answer if "x-amz-copy-source" in request.headers else None):
        assert first_failure(videogen("doctor", "--json")) == (
            "bucket, copying",
            f"an object cannot be copied ({told}): no video can be made again from its photos",
            "use a store that supports CopyObject, and let the x-amz-copy-source header through",
        )


A_LIMIT = "raise the request size limit of whatever is in front of the store to at least 10 MB"
NO_PARTS = "let POST requests through to the store; it must support multipart uploads"
MAY_WRITE = "allow s3:GetObject, s3:PutObject and s3:DeleteObject on arn:aws:s3:::{bucket}/{prefix}/*"


def is_large(request: Passed) -> bool:
    return request.method == "PUT" and len(request.body) > 1000


def is_post(request: Passed) -> bool:
    return request.method == "POST"


def breaks_off(_: Passed) -> Reply:
    raise ConnectionResetError


@pytest.mark.parametrize(
    ("is_refused", "answer", "told", "remedy"),
    [
        (is_large, (413, {}, PAGE), "an upload of 0 MB was refused (413)", A_LIMIT),
        (is_large, s3_error(400, "EntityTooLarge"), "an upload of 0 MB was refused (400)", A_LIMIT),
        (is_large, breaks_off, "an upload of 0 MB was refused (ConnectionClosedError)", A_LIMIT),
        (is_large, s3_error(403, "AccessDenied"), "an upload of 0 MB was refused (403)", MAY_WRITE),
        (
            is_large,
            s3_error(507, "InsufficientStorage"),
            "an upload of 0 MB was refused (507)",
            f"look this code up at the store; {MAY_WRITE}",
        ),
        (
            is_post,
            (405, {"Content-Type": "text/html"}, PAGE),
            "a multipart upload failed (the storage answered 405 405)",
            NO_PARTS,
        ),
        (
            lambda request: is_post(request) and "uploadId" in request.path,
            s3_error(501, "NotImplemented"),
            "a multipart upload failed (the storage answered 501 NotImplemented)",
            NO_PARTS,
        ),
        (
            lambda request: "partNumber=2" in request.path,
            s3_error(403, "AccessDenied"),
            "a multipart upload failed (the storage answered 403 AccessDenied)",
            NO_PARTS,
        ),
    ],
    ids=[
        "413",
        "EntityTooLarge",
        "broken off",
        "forbidden",
        "full",
        "no POST",
        "no end of an upload",
        "no second part",
    ],
)
def test_a_store_that_takes_no_whole_video(
    videogen: Operator,
    is_refused: Callable[[Passed], bool],
    answer: Reply | Callable[[Passed], Reply],
    told: str,
    remedy: str,
) -> None:
    def refuse(request: Passed) -> Reply | None:
        if not is_refused(request):
            return None
        return answer(request) if callable(answer) else answer

    with before(videogen, refuse):
        found = first_failure(videogen("doctor", "--json"))
        bucket = videogen.bucket
        uploads = bucket.client.list_multipart_uploads(
            Bucket=bucket.settings.bucket, Prefix=bucket.settings.prefix
        )
        left = [*bucket.entries(""), *uploads.get("Uploads", [])]

    lost = "videos would be paid for and lost"
    if remedy == NO_PARTS:
        lost = "videos of more than 0 MB would be paid for and lost"
    where = {"bucket": videogen.environ["S3_BUCKET"], "prefix": videogen.environ["S3_PREFIX"]}
    assert found == ("bucket, videos", f"{told}: {lost}", remedy.format(**where))
    assert left == []


def test_a_limit_below_the_worker_s_uploads_is_found(
    videogen: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_bucket, "PART_BYTES", videos.PART_BYTES)

    def limit(request: Passed) -> Reply | None:
        return (413, {}, PAGE) if len(request.body) > 7_900_000 else None

    with before(videogen, limit):
        assert first_failure(videogen("doctor", "--json")) == (
            "bucket, videos",
            "an upload of 8 MB was refused (413): videos would be paid for and lost",
            A_LIMIT,
        )


ELSEWHERE = "0.0.0.0"  # noqa: S104 - leads to this machine, and is no address of loopback


def links_from(host: str, operator: Operator, site: str) -> tuple[str, dict[str, Any]]:
    """Return the store's address by a host, and what is found about its links."""
    with before(operator, lambda _: None):
        url = operator.environ["S3_ENDPOINT_URL"].replace("127.0.0.1", host)
        operator.environ["S3_ENDPOINT_URL"] = url
        return url, finding(operator("doctor", "--site", site, "--json"), "presigned links")


def test_a_store_by_http_for_a_site_by_https(videogen: Operator) -> None:
    url, found = links_from(ELSEWHERE, videogen, "https://127.0.0.1:9")

    assert found == {
        "level": "failure",
        "about": "presigned links",
        "detail": f"browsers will not play videos from {url} on the page at https://127.0.0.1:9",
        "remedy": "an https page can only load videos over https: set S3_ENDPOINT_URL to an https:// address",
    }


@pytest.mark.parametrize(("host", "scheme"), [(ELSEWHERE, "http"), ("127.0.0.1", "https")])
def test_http_is_enough_between_two_of_a_kind_and_on_loopback(
    videogen: Operator, host: str, scheme: str
) -> None:
    assert links_from(host, videogen, f"{scheme}://127.0.0.1:9")[1]["level"] == "ok"


@pytest.mark.parametrize(
    ("seconds", "side"), [(-600, "ahead of"), (600, "behind")], ids=["ahead of the store", "behind it"]
)
def test_a_skewed_clock(videogen: Operator, seconds: float, side: str) -> None:
    with before(videogen, lambda _: None, clock=seconds):
        about, detail, remedy = first_failure(videogen("doctor", "--json"))

    assert about == "clock"
    # Some seconds more or less, since the answer of a busy store takes its time.
    assert detail in {
        f"this machine is {near} s {side} the store: signatures will be refused" for near in range(570, 631)
    }
    assert remedy == "let the system keep the time, on Linux with: sudo timedatectl set-ntp true"


def test_a_wrong_signing_secret(videogen: Operator, site: ServedSite) -> None:
    videogen.environ["VIDEOGEN_SIGNING_SECRET"] = "whsec_" + "A" * 40

    assert first_failure(videogen("doctor", "--site", site.url, "--json")) == (
        "site, secret",
        "VIDEOGEN_SIGNING_SECRET here is not the deployed site's",
        "set the same one in both places, and deploy again after changing it at Netlify",
    )


def test_a_dead_site(videogen: Operator, site: ServedSite) -> None:
    site.broken = True

    assert first_failure(videogen("doctor", "--site", site.url, "--json")) == (
        "site",
        f"check-video-status: GET {site.url}/api/check-video-status answered 500 and no JSON",
        "deploy the site; the functions' log at Netlify says more",
    )


def test_a_paused_site_is_a_warning(videogen: Operator) -> None:
    videogen.environ["VIDEOGEN_PAUSED"] = "Back at noon."
    with ServedSite(videogen.environ) as paused:
        ran = videogen("doctor", "--site", paused.url, "--json")

    assert (ran.code, finding(ran, "site, start")) == (
        0,
        {
            "level": "warning",
            "about": "site, start",
            "detail": "paused: VIDEOGEN_PAUSED is set there, and no video can be started",
            "remedy": "to open the site again, unset it at Netlify, and deploy again",
        },
    )
    assert finding(ran, "site, page")["level"] == "ok"


def test_a_site_that_is_not_there(videogen: Operator) -> None:
    with answering(lambda _: (200, {}, b"")) as gone:
        url = gone.url

    assert first_failure(videogen("doctor", "--site", url, "--json")) == (
        "site",
        f"check-video-status: {url} cannot be reached (ConnectError)",
        "correct --site, or deploy the site",
    )


@pytest.mark.parametrize(
    ("location", "told"),
    [
        (
            "https://videos.example{path}",
            "{url} redirects to https://videos.example: if that is your site, pass it with --site",
        ),
        (
            "https://anna:geheim@Videos.example:443/sign-in?token=geheim",
            "{url} redirects to https://videos.example: if that is your site, pass it with --site",
        ),
        (
            "//videos.example:8443/x",
            "{url} redirects to http://videos.example:8443: if that is your site, pass it with --site",
        ),
        ("/sign-in", "GET {url}/api/check-video-status answered 308 and no JSON"),
        ("http://[::1", "{url} cannot be reached (RemoteProtocolError)"),
        ("ftp://videos.example/", "GET {url}/api/check-video-status answered 308 and no JSON"),
    ],
)
def test_a_site_that_has_moved_is_told_with_its_new_origin(
    videogen: Operator, location: str, told: str
) -> None:
    def move(request: Passed) -> Reply:
        return 308, {"Location": location.format(path=request.path)}, b""

    with answering(move) as moved:
        found = first_failure(videogen("doctor", "--site", moved.url, "--json"))

    assert found[:2] == ("site", f"check-video-status: {told.format(url=moved.url)}")


@pytest.mark.parametrize(("status", "code"), [(429, "TooManyRequests"), (503, "SlowDown")])
def test_a_store_that_takes_a_write_of_a_key_now_and_then_is_waited_for(
    videogen: Operator, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    """Cloudflare R2 takes one a second."""
    monkeypatch.setattr(doctor_bucket, "PAUSE", 0.001)
    seen = 0

    def refuse(request: Passed) -> Reply | None:
        nonlocal seen
        seen += request.method in {"PUT", "DELETE"}
        return s3_error(status, code) if request.method in {"PUT", "DELETE"} and seen % 2 else None

    with before(videogen, refuse):
        ran = videogen("doctor", "--json")
        left = list(videogen.bucket.entries(""))

    assert (ran.code, finding(ran, "conditional writes")["level"], left) == (0, "ok", [])


def test_a_store_that_cannot_delete_for_another_reason_is_told_so(
    videogen: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_bucket, "PATIENCE", 0)

    def refuse(request: Passed) -> Reply | None:
        return s3_error(503, "SlowDown") if request.method == "DELETE" else None

    with before(videogen, refuse):
        found = finding(videogen("doctor", "--json"), "bucket, deleting")

    assert (found["level"], found["detail"]) == (
        "warning",
        "the store answered 503 SlowDown: nobody can erase a video",
    )


@pytest.mark.parametrize("empty", ["LifecycleConfiguration", "CORSConfiguration"])
def test_a_store_with_an_empty_list_of_rules_has_none(
    videogen: Operator, site: ServedSite, empty: str
) -> None:
    videogen.environ["VIDEOGEN_SIMULATED"] = ""
    name = empty.removesuffix("Configuration").lower()

    def answer(request: Passed) -> Reply | None:
        is_asked = request.method == "GET" and f"?{name}" in request.path
        body = f"<{empty}></{empty}>".encode()
        return (200, {"Content-Type": "application/xml"}, body) if is_asked else None

    with before(videogen, answer):
        assert videogen("doctor", "--fix", "--site", site.url, "--json").code == 0


NO_HOSTS = {
    "https://256.1.1.1": "InvalidURL",
    "https://xn--a.example": "InvalidCodepoint",
    "https://xn--.example": "IDNAError",
    f"https://{'a' * 64}.example": "UnicodeError",
}
"""Addresses by their form, whose hosts cannot be asked, and the error that says so."""


@pytest.mark.parametrize(("url", "error"), NO_HOSTS.items())
def test_a_host_of_the_provider_that_cannot_be_is_told(videogen: Operator, url: str, error: str) -> None:
    videogen.environ["BLACKBOX_BASE_URL"] = url

    assert first_failure(videogen("doctor", "--json")) == (
        "Blackbox",
        f"{url} cannot be reached ({error})",
        "correct BLACKBOX_BASE_URL; is this machine online?",
    )


@pytest.mark.parametrize("url", NO_HOSTS)
def test_a_host_of_the_site_that_cannot_be_is_told(videogen: Operator, url: str) -> None:
    assert finding(videogen("doctor", "--site", url, "--json"), "site") == {
        "level": "failure",
        "about": "site",
        "detail": f"check-video-status: {url} is not a web address: write it as https://videos.netlify.app",
        "remedy": "correct --site, or deploy the site",
    }


def test_an_address_of_the_provider_that_ends_in_its_version_is_asked_once(
    videogen: Operator, simulator: Simulator
) -> None:
    videogen.environ["BLACKBOX_BASE_URL"] = f"{simulator.url}/v1"

    assert finding(videogen("doctor", "--json"), "Blackbox")["level"] == "ok"


def test_a_failure_is_the_exit_code(videogen: Operator) -> None:
    videogen.environ["S3_BUCKET"] = "elsewhere"

    assert videogen("doctor").code == 1


# --- rules -------------------------------------------------------------------------------------------------


def test_a_bucket_without_rules_warns_and_fix_sets_them(videogen: Operator) -> None:
    videogen.environ["VIDEOGEN_SIMULATED"] = ""
    assert finding(videogen("doctor", "--json"), "lifecycle") == {
        "level": "warning",
        "about": "lifecycle",
        "detail": "nothing deletes what is older than 30 days",
        "remedy": "set the rules with: videogen doctor --fix",
    }

    videogen("doctor", "--fix")

    assert finding(videogen("doctor", "--json"), "lifecycle")["level"] == "ok"
    client = videogen.bucket.client
    rules = client.get_bucket_lifecycle_configuration(Bucket=videogen.environ["S3_BUCKET"])["Rules"]
    prefix = videogen.environ["S3_PREFIX"]
    assert {rule["Filter"]["Prefix"] for rule in rules if prefix in rule["ID"]} == {
        f"{prefix}/{folder}/" for folder in ("jobs", "photos", "videos", "ledger")
    }


@pytest.mark.parametrize(
    ("rule", "after_fix"),
    [
        (
            "all",
            {
                "level": "warning",
                "about": "lifecycle",
                "detail": "the rule all deletes after 7 days, before VIDEOGEN_KEEP_DAYS (30)",
                "remedy": "change it at the store, or set VIDEOGEN_KEEP_DAYS to match",
            },
        ),
        (
            "videogen {prefix}/videos",
            {
                "level": "ok",
                "about": "lifecycle",
                "detail": "set: what is older than 30 days is deleted",
                "remedy": "",
            },
        ),
    ],
    ids=["another's", "our own"],
)
def test_a_rule_that_deletes_too_early_is_warned_of(
    videogen: Operator, rule: str, after_fix: dict[str, str]
) -> None:
    videogen.environ["VIDEOGEN_SIMULATED"] = ""
    prefix = videogen.environ["S3_PREFIX"]
    name = rule.format(prefix=prefix)
    early: Any = {
        "ID": name,
        "Status": "Enabled",
        "Filter": {"Prefix": f"{prefix}/videos/"},
        "Expiration": {"Days": 7},
    }
    bucket = videogen.bucket
    bucket.client.put_bucket_lifecycle_configuration(
        Bucket=bucket.settings.bucket, LifecycleConfiguration={"Rules": [early]}
    )

    asked = finding(videogen("doctor", "--json"), "lifecycle")
    fixed = finding(videogen("doctor", "--fix", "--json"), "lifecycle")

    detail = f"the rule {name} deletes after 7 days, before VIDEOGEN_KEEP_DAYS (30)"
    assert (asked["level"], asked["detail"]) == ("warning", detail)
    assert fixed == after_fix


def test_where_the_key_may_not_set_rules_they_are_printed_to_paste(videogen: Operator) -> None:
    videogen.environ["VIDEOGEN_SIMULATED"] = ""

    def refuse(request: Passed) -> Reply | None:
        return s3_error(403, "AccessDenied") if "lifecycle" in request.path else None

    with before(videogen, refuse):
        found = finding(videogen("doctor", "--fix", "--json"), "lifecycle")

    assert found["level"] == "warning"
    text, _, rules = found["remedy"].partition(": ")
    assert text == "paste these rules at the store"
    assert len(json.loads(rules)["Rules"]) == 5


def versioning(status: str) -> Callable[[Passed], Reply | None]:
    """Answer for the store whether it keeps versions."""

    def answer(request: Passed) -> Reply | None:
        if "versioning" not in request.path:
            return None
        inner = f"<Status>{status}</Status>" if status else ""
        body = f"<VersioningConfiguration>{inner}</VersioningConfiguration>"
        return (200, {"Content-Type": "application/xml"}, body.encode())

    return answer


@pytest.mark.parametrize(
    ("status", "level"), [("Enabled", "failure"), ("Suspended", "ok"), ("", "ok")], ids=str
)
def test_versions_that_outlive_an_erasure_are_a_failure(videogen: Operator, status: str, level: str) -> None:
    with before(videogen, versioning(status)):
        assert finding(videogen("doctor", "--json"), "versions")["level"] == level


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_versions_that_nothing_deletes_are_warned_of(videogen: Operator, status: str) -> None:
    videogen.environ["VIDEOGEN_SIMULATED"] = ""
    now = ""

    def answer(request: Passed) -> Reply | None:
        return versioning(now)(request)

    with before(videogen, answer):
        assert finding(videogen("doctor", "--fix", "--json"), "lifecycle")["level"] == "ok"
        now = status
        asked = finding(videogen("doctor", "--json"), "lifecycle")
        fixed = finding(videogen("doctor", "--fix", "--json"), "lifecycle")
        again = finding(videogen("doctor", "--json"), "lifecycle")

    assert asked == {
        "level": "warning",
        "about": "lifecycle",
        "detail": "nothing deletes the old versions of what was erased or written over",
        "remedy": "set the rules with: videogen doctor --fix",
    }
    assert (fixed["level"], again["level"]) == ("ok", "ok")


@pytest.mark.parametrize(
    ("status", "code", "level"),
    [
        (403, "AccessDenied", "warning"),
        (403, "SignatureDoesNotMatch", "warning"),
        (500, "InternalError", "warning"),
        (400, "NotImplemented", "ok"),
        (405, "MethodNotAllowed", "ok"),
        (501, "NotImplemented", "ok"),
    ],
)
def test_a_store_that_says_nothing_of_versions(
    videogen: Operator, status: int, code: str, level: str
) -> None:
    def refuse(request: Passed) -> Reply | None:
        return s3_error(status, code) if "versioning" in request.path else None

    with before(videogen, refuse):
        assert finding(videogen("doctor", "--json"), "versions")["level"] == level


@pytest.mark.parametrize(("status", "level"), [(200, "failure"), (403, "ok"), (404, "ok")])
def test_a_bucket_that_strangers_read_is_a_failure(videogen: Operator, status: int, level: str) -> None:
    def answer(request: Passed) -> Reply | None:
        is_stranger = "/doctor/" in request.path and "?" not in request.path and request.method == "GET"
        return (status, {}, b"body") if is_stranger and "authorization" not in request.headers else None

    with before(videogen, answer):
        assert finding(videogen("doctor", "--json"), "privacy")["level"] == level


# --- one video ---------------------------------------------------------------------------------------------


def test_buying_one_asks_first_and_says_the_price(videogen: Operator, simulator: Simulator) -> None:
    bought = len(simulator.purchases)

    ran = videogen("doctor", "--buy-one", typed="n\n")

    assert ran.code == 1
    assert "This buys one video (blackboxai/google/veo-3-fast, 0.80 USD). Go on? [y/N]" in ran.err
    assert len(simulator.purchases) == bought
    listed = videogen("doctor", "--buy-one", "--json", typed="n\n").out.removeprefix(" n\n")
    assert json.loads(listed)[-1]["detail"] == "not bought: the question was not answered with yes"


@pytest.mark.parametrize("name", ["videogen-test-card.mp4", "videogen-test-card.mp4.part"])
def test_nothing_is_bought_where_the_video_cannot_be_written(
    videogen: Operator, simulator: Simulator, tmp_path: Path, name: str
) -> None:
    bought = len(simulator.purchases)
    (tmp_path / name).mkdir()

    ran = videogen("doctor", "--buy-one", "--yes", "--json")

    assert (ran.code, finding(ran, "one video")) == (
        1,
        {
            "level": "failure",
            "about": "one video",
            "detail": f"{name} is no file: nothing was bought",
            "remedy": "go to another folder",
        },
    )
    assert len(simulator.purchases) == bought


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "[Errno 28] No space left on device"),
        (VideoInterrupted(note="cut"), f"save_failed cut {VideoInterrupted().detail}"),
    ],
    ids=str,
)
def test_a_bought_video_that_cannot_be_kept_is_named(
    videogen: Operator, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(videos, "open_video", fail)

    ran = videogen("doctor", "--buy-one", "--yes", "--json")

    found = finding(ran, "one video")
    said, _, link = found["detail"].rpartition(": ")
    assert (ran.code, found["level"], said) == (1, "failure", f"bought, not kept ({why})")
    assert found["remedy"] == "fetch it by this link, which counts for about an hour"
    assert link.startswith(simulator.url)
    assert httpx.get(link).is_success


@pytest.mark.parametrize(
    ("during", "detail"),
    [
        ("the paid call", "interrupted: one video may have been charged"),
        ("the download", "bought, not kept (interrupted): http://127.0.0.1:"),
    ],
)
def test_an_interrupted_purchase_says_what_it_may_cost(
    videogen: Operator, monkeypatch: pytest.MonkeyPatch, during: str, detail: str
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if during == "the paid call":
        monkeypatch.setattr(blackbox.Blackbox, "generate", interrupt)
    else:
        monkeypatch.setattr(videos, "open_video", interrupt)

    ran = videogen("doctor", "--buy-one", "--yes", "--json")

    found = finding(ran, "one video")
    assert (ran.code, found["level"]) == (130, "failure")
    assert found["detail"].startswith(detail)


OF_A_PROXY = {
    "ALL_PROXY": "socks://127.0.0.1:1080",
    "HTTPS_PROXY": "http://user:pa#ss@proxy:3128",
    "NO_PROXY": "fe80::/10",
    "HTTP_PROXY": "http://[::1",
    "SSL_CERT_FILE": "/nonexistent/ca.pem",
}


@pytest.mark.parametrize("variable", OF_A_PROXY)
def test_a_variable_of_the_network_that_fails_is_named(
    videogen: Operator, site: ServedSite, variable: str
) -> None:
    videogen.environ |= dict.fromkeys((*OF_A_PROXY, *map(str.lower, OF_A_PROXY)), "")
    videogen.unset = {name for name in videogen.environ if name.upper() in OF_A_PROXY}
    videogen.environ = {n: v for n, v in videogen.environ.items() if n not in videogen.unset}
    videogen.environ[variable] = OF_A_PROXY[variable]

    ran = videogen("doctor", "--site", site.url, "--json")

    assert (ran.code, ran.json[0]) == (
        1,
        {
            "level": "failure",
            "about": "network",
            "detail": "a variable of this machine's network cannot be used: one of HTTP_PROXY, HTTPS_PROXY, "
            "ALL_PROXY, NO_PROXY, SSL_CERT_FILE",
            "remedy": "correct the variable, or unset it",
        },
    )
    assert "variables" in [one["about"] for one in ran.json]
    assert OF_A_PROXY[variable] not in ran.out
    ran = videogen("rescue", "A" * 22, "--site", site.url)
    assert (ran.code, "one of HTTP_PROXY" in ran.err) == (1, True)


def test_a_bought_video_shows_the_photo(videogen: Operator) -> None:
    found = finding(videogen("doctor", "--buy-one", "--yes", "--json"), "one video")

    assert found["level"] == "ok"
    assert found["detail"].endswith("from 127.0.0.1, now in videogen-test-card.mp4; it begins with the photo")


def test_a_bought_video_that_ignores_the_photo_fails(videogen: Operator) -> None:
    with Simulator(render=lambda _: clips.render(None)) as deaf:
        videogen.environ |= {"BLACKBOX_BASE_URL": deaf.url, "VIDEOGEN_VIDEO_HOSTS": deaf.url}

        found = finding(videogen("doctor", "--buy-one", "--yes", "--json"), "one video")

    assert found["level"] == "failure"
    assert found["remedy"] == "try another BLACKBOX_IMAGE_MODE (data, url, field) or another model"


def test_the_card_differs_from_another_picture_far_more_than_the_limit() -> None:
    card = purchase.test_card()

    assert purchase.difference(card, card) == 0


def finding(ran: Ran, about: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in ran.json if one["about"] == about)
    return found


def first_failure(ran: Ran) -> tuple[str, str, str]:
    assert ran.code == 1
    found = next(one for one in ran.json if one["level"] == "failure")
    return found["about"], found["detail"], found["remedy"]


# --- what stands before the store --------------------------------------------------------------------------


@pytest.fixture
def through(videogen: Operator) -> Iterator[S3Proxy]:
    """A proxy before the operator's store."""
    with S3Proxy(videogen.environ["S3_ENDPOINT_URL"]) as proxy:
        videogen.environ["S3_ENDPOINT_URL"] = proxy.url
        yield proxy


@pytest.mark.parametrize(
    ("mode", "about", "detail"),
    [
        ("gzip", "bucket, reading", "something before the store compresses answers, and changes their ETags"),
        ("Date far ahead", "clock, store's", "Date and Last-Modified of a new object are 108"),
        ("Last-Modified behind", "clock, store's", "Date and Last-Modified of a new object are 108"),
        ("no dates", "clock", "the store does not tell its time"),
        ("garbage for dates", "clock", "the store does not tell its time"),
    ],
)
def test_what_a_proxy_does_is_found(
    videogen: Operator, through: S3Proxy, mode: str, about: str, detail: str
) -> None:
    through.play(USABLE[mode])

    found = [one for one in videogen("doctor", "--json").json if one["about"] == about]

    assert [(one["level"], one["detail"].startswith(detail)) for one in found] == [("warning", True)]


@pytest.mark.parametrize(("method", "nth"), [("GET", 2), ("PUT", 1)], ids=["asked", "set"])
def test_a_rule_for_sharing_that_breaks_off_is_to_paste(
    videogen: Operator, site: ServedSite, through: S3Proxy, method: str, nth: int
) -> None:
    def forbid(reply: S3Reply) -> S3Reply:
        return replace(
            reply, headers=[one for one in reply.headers if "access-control" not in one[0].lower()]
        )

    through.play(Rewrite(reply=forbid), key="*/doctor/none")
    through.play(Drop(applied=False), method=method, key="", nth=[nth])  # the first GET asks for versions

    found = finding(videogen("doctor", "--fix", "--site", site.url, "--json"), "sharing")

    assert (found["level"], found["remedy"].partition(":")[0]) == (
        "warning",
        "paste this CORS rule at the store",
    )


def test_an_etag_of_60_kb_keeps_no_doctor_waiting(videogen: Operator, through: S3Proxy) -> None:
    def lengthen(reply: S3Reply) -> S3Reply:
        return replace(reply, headers=[*reply.headers, ("ETag", "-" * 60_000 + "x")])

    through.play(Rewrite(reply=lengthen), method="GET", key="*/doctor/*")

    begun = time.process_time()
    found = videogen("doctor", "--json").json
    assert time.process_time() - begun < 10
    assert "conditional writes" in [one["about"] for one in found]


@pytest.mark.parametrize("mode", BROKEN)
def test_what_is_no_store_is_found(videogen: Operator, through: S3Proxy, mode: str) -> None:
    through.play(BROKEN[mode])

    about, _, remedy = first_failure(videogen("doctor", "--json"))

    assert about.startswith("bucket")
    assert remedy


def test_a_store_that_may_not_be_read_is_found(videogen: Operator, through: S3Proxy) -> None:
    through.play(BROKEN["403"], method="GET")

    assert first_failure(videogen("doctor", "--json"))[:2] == (
        "bucket, reading",
        "the access key may write objects and not read them",
    )


def test_its_requests_are_signed_as_the_functions_are(videogen: Operator, through: S3Proxy) -> None:
    videogen("doctor", "--json")

    lists = re.findall(r"SignedHeaders=([^,]*),", " ".join(str(one.headers) for one in through.seen))
    signed = {name for names in lists for name in names.split(";")}
    assert len(lists) >= 10
    assert signed <= {
        "host",
        "if-match",
        "if-none-match",
        "content-type",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-date",
    }


@pytest.mark.parametrize(
    ("code", "is_warned"), [("1", True), ("1234567", True), ("12345678", False), ("", False)]
)
def test_a_short_access_code_is_warned_of(videogen: Operator, code: str, *, is_warned: bool) -> None:
    videogen.environ["VIDEOGEN_ACCESS_CODE"] = code

    found = [one["level"] for one in videogen("doctor", "--json").json if one["about"] == "access code"]

    assert found == (["warning"] if is_warned else [])


@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ({}, [("notifications", "ok")]),
        ({"VIDEOGEN_VAPID_SUBJECT": ""}, [("notifications", "warning")]),
        ({"VIDEOGEN_VAPID_PRIVATE_KEY": new_keys()[1]}, [("notifications", "failure")]),
        ({"VIDEOGEN_VAPID_PRIVATE_KEY": "_" * 43}, [("notifications", "failure")]),
        ({"VIDEOGEN_VAPID_PRIVATE_KEY": ""}, [("variables", "failure")]),
        ({"VIDEOGEN_VAPID_PUBLIC_KEY": "", "VIDEOGEN_VAPID_PRIVATE_KEY": ""}, []),
    ],
    ids=["a pair", "no subject", "another's", "no number of the curve", "half a pair", "none"],
)
def test_the_keys_for_notifications_are_a_pair(
    changes: dict[str, str], findings: list[tuple[str, str]]
) -> None:
    public, private = new_keys()
    environ = {
        "VIDEOGEN_VAPID_PUBLIC_KEY": public,
        "VIDEOGEN_VAPID_PRIVATE_KEY": private,
        "VIDEOGEN_VAPID_SUBJECT": "mailto:you@example.com",
    }

    found = list(doctor.notifications(environ | changes))

    assert [(one.about, one.level) for one in found] == findings
    assert all(private not in f"{one.detail}{one.remedy}" for one in found)
