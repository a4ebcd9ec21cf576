"""What the doctor asks the bucket: may it be read and written, does it keep its promises, has it its rules.

One object under doctor/ is written for it, and copied; both are deleted again.
"""

from __future__ import annotations

import gzip
import json
import os
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from videogen.cli import rules
from videogen.cli.bucket import Bucket
from videogen.cli.findings import CLOCK_REMEDY, Failed, Finding
from videogen.errors import MalformedRecord, StoreError, StoreForbidden
from videogen.http_date import seconds_of
from videogen.job_store import MP4, NO_ETAG
from videogen.objects import CHANGED_ETAG, NO_OBJECT, written_etag
from videogen.spending import LEDGER, ledger_key
from videogen.videos import PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from videogen.settings import Settings

SKEW_WARNING = 5.0
"""Seconds; a lease's age has steps of one second, and a request's round trip is in the measure."""
SKEW_FAILURE = 4 * 60.0
"""Seconds; the worker refuses a signature from 5 minutes ahead, S3 a request that is 15 minutes off."""
NO_STORE = "set S3_ENDPOINT_URL to the store's S3 address, which is not that of its web console"
RANGE = (100, 199)
PATIENCE = 4
"""How often a store is asked again that wants to be asked less often."""
PAUSE = 1.1
"""Seconds."""
TAKES_CONDITIONS = "use a store that enforces conditional writes, such as AWS S3 or Cloudflare R2"
A_LIMIT = "raise the request size limit of whatever is in front of the store to at least 10 MB"
POLICY = "allow s3:GetObject, s3:PutObject and s3:DeleteObject on arn:aws:s3:::{bucket}/{prefix}*"


def examine(
    found: Settings, http: httpx.Client, site: str | None, *, fix: bool, now: Callable[[], float]
) -> Iterator[Finding]:
    """Yield what is found out about the bucket; raises Failed."""
    bucket = Bucket(found.s3)
    bucket.client.meta.events.register("needs-retry.s3", _wait)  # type: ignore[arg-type]  # the stubs know of no answer
    key = f"doctor/{secrets.token_hex(8)}"
    where: Any = {"Bucket": found.s3.bucket, "Key": found.s3.prefix + key}
    copied = {**where, "Key": f"{where['Key']}-copy"}
    _reach(bucket, where)
    yield Finding("ok", "bucket", f"{found.s3.bucket} answers")
    try:
        body = os.urandom(1000)
        with _asking(bucket, "bucket, writing"):
            written = bucket.client.put_object(**where, Body=body, IfNoneMatch="*")
        if not written.get("ETag"):
            raise Failed("bucket, writing", f"{_endpoint(bucket)} took an object and gave no ETag", NO_STORE)
        yield Finding("ok", "bucket, writing", "an object could be written")
        headers = _read_back(bucket, key, body)
        asked_at = now()
        yield _etags(headers)
        yield _conditions(bucket, where, body)
        yield _presigned(bucket, key, body, http, site)
        yield _private(bucket, key, http)
        yield _copying(bucket, where, copied)
        yield _videos(bucket, key, where)
    finally:
        for each in (where, copied):
            with suppress(ClientError, BotoCoreError):
                bucket.client.delete_object(**each)
    yield _deletion(bucket, where)
    versions, has_old = _versions(bucket)
    yield versions
    yield _lifecycle(bucket, found, versions=has_old, fix=fix)
    yield _ledger(bucket, now())
    if site is not None:
        yield _cors(bucket, site, http, fix=fix)
    yield from _clocks(headers, asked_at)


def _wait(response: Any, attempts: int, **_: object) -> float | None:  # noqa: ANN401 - botocore's own
    """Return the seconds after which botocore asks again, None for never.

    R2 takes one write of a key a second: https://developers.cloudflare.com/r2/platform/limits/
    """
    is_throttled = response is not None and response[0].status_code in {429, 503}
    return PAUSE if is_throttled and attempts <= PATIENCE else None


def _reach(bucket: Bucket, where: Any) -> None:  # noqa: ANN401 - boto3's arguments
    """Ask for an object that is not there; raises Failed unless the answer is a store's."""
    with _asking(bucket, "bucket"):
        try:
            bucket.client.get_object(**where)
        except ClientError as error:
            # AccessDenied is what a missing key looks like to an access key that may not list.
            code = str(error.response["Error"].get("Code"))
            if code == "AccessDenied" or NO_OBJECT.fullmatch(code):
                return
            raise
    raise Failed("bucket", f"{_endpoint(bucket)} answers 200 to whatever is asked", NO_STORE)


def _read_back(bucket: Bucket, key: str, body: bytes) -> Mapping[str, str]:
    """Read what was just written; return the answer's headers."""
    about = "bucket, reading"
    try:
        answer = bucket.answer(key)
    except StoreForbidden:
        policy = POLICY.format(bucket=bucket.settings.bucket, prefix=bucket.settings.prefix)
        raise Failed(about, "the access key may write objects and not read them", policy) from None
    except StoreError as error:
        raise Failed(about, error.detail, NO_STORE) from None
    if _unpacked(answer.content) != body:
        raise Failed(about, "what was written is not what is read", NO_STORE)
    headers: Mapping[str, str] = answer.headers
    return headers


def _unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def _etags(headers: Mapping[str, str]) -> Finding:
    about = "bucket, reading"
    if CHANGED_ETAG.match(written_etag(headers)):
        return Finding(
            "warning",
            about,
            "something before the store compresses answers, and changes their ETags",
            "switch compression off for the store's address",
        )
    return Finding("ok", about, "an object is read as it was written")


@contextmanager
def _asking(bucket: Bucket, about: str) -> Iterator[None]:
    """Raise Failed, with the remedy, where the store refuses what is asked or cannot be reached."""
    try:
        yield
    except ClientError as error:
        raise _store_failure(about, bucket, error) from None
    except BotoCoreError as error:
        raise Failed(
            about,
            f"{_endpoint(bucket)} cannot be reached ({type(error).__name__})",
            "correct S3_ENDPOINT_URL or S3_REGION; is this machine online?",
        ) from None


def _store_failure(about: str, bucket: Bucket, error: ClientError) -> Failed:
    settings = bucket.settings
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    policy = POLICY.format(bucket=settings.bucket, prefix=settings.prefix)
    elsewhere = f"the bucket is not in the region {settings.region}", "set S3_REGION to the bucket's own"
    if str(status).startswith("3"):
        redirects = f"{settings.endpoint_url} redirects whatever is asked", NO_STORE
        return Failed(about, *(redirects if settings.endpoint_url else elsewhere))
    cause, remedy = {
        "NoSuchBucket": (
            f"there is no bucket {settings.bucket}",
            f"correct S3_BUCKET, or make it: aws s3 mb s3://{settings.bucket} --region {settings.region}",
        ),
        "InvalidAccessKeyId": (
            "the store does not know this S3_ACCESS_KEY_ID",
            "make an access key for the bucket's user and set both of its halves",
        ),
        "SignatureDoesNotMatch": (
            "S3_SECRET_ACCESS_KEY does not belong to S3_ACCESS_KEY_ID",
            "set both halves of the access key anew",
        ),
        "RequestTimeTooSkewed": ("this machine's clock and the store's are far apart", CLOCK_REMEDY),
        "AuthorizationHeaderMalformed": elsewhere,
        "NotImplemented": (
            "the store has no conditional writes: a video could be bought twice",
            TAKES_CONDITIONS,
        ),
        "PreconditionFailed": (
            "the store refuses a new object as if it already existed: no video can be started",
            TAKES_CONDITIONS,
        ),
        "AccessDenied": ("the access key may not do this: the bucket is read-only for it", policy),
    }.get(
        "PreconditionFailed" if status == httpx.codes.PRECONDITION_FAILED else code,
        (f"the store answered {status} {code}", f"look this code up at the store; {policy}"),
    )
    return Failed(about, cause, remedy)


def _endpoint(bucket: Bucket) -> str:
    return bucket.settings.endpoint_url or "AWS"


def _conditions(bucket: Bucket, where: Any, body: bytes) -> Finding:  # noqa: ANN401 - boto3's arguments
    about = "conditional writes"

    def put(**condition: str) -> str | None:
        """Return the new ETag, None where the store said that the condition does not hold."""
        with _asking(bucket, about):
            try:
                answer = bucket.client.put_object(**where, Body=body, **condition)  # type: ignore[arg-type]  # one condition or the other
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] in {404, 409, 412}:
                    return None
                raise
        return str(answer.get("ETag", "")).strip('"')

    impossible = {"If-None-Match": {"IfNoneMatch": "*"}, "If-Match": {"IfMatch": NO_ETAG}}
    ignored = [name for name, condition in impossible.items() if put(**condition) is not None]
    if ignored:
        return Finding(
            "failure",
            about,
            f"the store ignores {' and '.join(ignored)}: a video could be bought twice",
            TAKES_CONDITIONS,
        )
    etag = put()
    if etag is None:
        raise Failed(about, "the store refuses a write without a condition as if it had one", NO_STORE)
    bare = put(IfMatch=etag)
    quoted = put(IfMatch=f'"{bare or etag}"')
    if bare is None:
        return Finding(
            "failure",
            about,
            "the store refuses an ETag without its quotes, and so refuses every change of a job",
            "use another store: AWS S3, Cloudflare R2, MinIO and Ceph take it",
        )
    return Finding(
        "ok", about, f"enforced; ETags match {'with and without' if quoted else 'only without'} quotes"
    )


def _link(bucket: Bucket, key: str) -> str:
    return bucket.presign(key, seconds=60, content_type=MP4, disposition="inline")


def _presigned(bucket: Bucket, key: str, body: bytes, http: httpx.Client, site: str | None) -> Finding:
    about = "presigned links"
    store = _endpoint(bucket)
    if (site or "").startswith("https:") and store.startswith("http:") and not _is_loopback(store):
        return Finding(
            "failure",
            about,
            f"browsers will not play videos from {store} on the page at {site}",
            "an https page can only load videos over https: set S3_ENDPOINT_URL to an https:// address",
        )
    first, last = RANGE
    url = _link(bucket, key)
    headers = {"Range": f"bytes={first}-{last}", **({"Origin": site} if site else {})}
    try:
        answer = http.get(url, headers=headers)
    except httpx.HTTPError as error:
        return Finding(
            "failure",
            about,
            f"a browser could not fetch a video ({type(error).__name__})",
            "S3_ENDPOINT_URL must be an address that browsers can reach",
        )
    if answer.status_code == httpx.codes.OK:
        return Finding(
            "warning",
            about,
            "the store ignores Range: a video cannot be wound",
            "use a store that serves ranges",
        )
    good = answer.content == body[first : last + 1] and answer.headers.get("content-type") == MP4
    if answer.status_code != httpx.codes.PARTIAL_CONTENT or not good:
        return Finding(
            "failure",
            about,
            f"a presigned GET with Range was answered {answer.status_code}",
            "correct S3_REGION (the signature names it), and let nothing between rewrite the link",
        )
    return Finding("ok", about, "a presigned GET with Range works")


def _copying(bucket: Bucket, where: Any, copied: Any) -> Finding:  # noqa: ANN401 - boto3's arguments
    about = "bucket, copying"
    told = ""
    try:
        answer = bucket.client.copy_object(**copied, CopySource=where)
        if "ETag" not in answer.get("CopyObjectResult", {}):
            told = "no ETag"
    except (ClientError, BotoCoreError) as error:
        told = _told(error)
    if told:
        return Finding(
            "failure",
            about,
            f"an object cannot be copied ({told}): no video can be made again from its photos",
            "use a store that supports CopyObject, and let the x-amz-copy-source header through",
        )
    return Finding("ok", about, "an object could be copied")


def _videos(bucket: Bucket, key: str, where: Any) -> Finding:  # noqa: ANN401 - boto3's arguments
    """Write a video of one whole part, and one of more, as the worker does."""
    about, lost = "bucket, videos", "would be paid for and lost"
    part = os.urandom(PART_BYTES)
    size = f"{PART_BYTES / 1_000_000:.0f} MB"
    try:
        bucket.client.put_object(**where, Body=part)
    except (ClientError, BotoCoreError) as error:
        remedy = A_LIMIT
        if isinstance(error, ClientError) and _told(error) not in {"400", "413"}:
            remedy = _store_failure(about, bucket, error).finding.remedy
        return Finding(
            "failure", about, f"an upload of {size} was refused ({_told(error)}): videos {lost}", remedy
        )
    try:
        bucket.put_parts(key, iter((part, b"the rest")), content_type=MP4)
    except StoreError as error:
        return Finding(
            "failure",
            about,
            f"a multipart upload failed ({error.detail}): videos of more than {size} {lost}",
            "let POST requests through to the store; it must support multipart uploads",
        )
    return Finding("ok", about, f"uploads of {size} and more work")


def _told(error: ClientError | BotoCoreError) -> str:
    """Return the status of a refusal, or how the connection ended."""
    if isinstance(error, ClientError):
        return str(error.response["ResponseMetadata"]["HTTPStatusCode"])
    return type(error).__name__


def _deletion(bucket: Bucket, where: Any) -> Finding:  # noqa: ANN401 - boto3's arguments
    about = "bucket, deleting"
    with _asking(bucket, about):
        try:
            bucket.client.delete_object(**where)
        except ClientError as error:
            failed = _store_failure(about, bucket, error).finding
            detail = f"{failed.detail}: nobody can erase a video"
            if error.response["Error"].get("Code") == "AccessDenied":
                detail = "the access key may not delete: nobody can erase a video"
            return Finding("warning", about, detail, failed.remedy)
    return Finding("ok", about, "the object could be deleted")


def _private(bucket: Bucket, key: str, http: httpx.Client) -> Finding:
    """Ask for the object as a stranger would, without a signature."""
    about = "privacy"
    url = _link(bucket, key).partition("?")[0]
    with suppress(httpx.HTTPError):
        if http.get(url).is_success:
            return Finding(
                "failure",
                about,
                "the bucket is public: whoever has an address reads photos, prompts and videos for ever",
                "block public access to the bucket: the page gets its videos by links that expire",
            )
    return Finding("ok", about, "nothing is read without a signature")


def _versions(bucket: Bucket) -> tuple[Finding, bool]:
    """Return whether what is erased is gone, and whether there may be old versions."""
    about = "versions"
    with _asking(bucket, about):
        try:
            status = bucket.client.get_bucket_versioning(Bucket=bucket.settings.bucket).get("Status")
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code == "NotImplemented" or error.response["ResponseMetadata"]["HTTPStatusCode"] in {405, 501}:
                return Finding("ok", about, "the store keeps none"), False
            allow = f"allow s3:GetBucketVersioning on arn:aws:s3:::{bucket.settings.bucket}"
            unknown = Finding(
                "warning",
                about,
                f"whether erased videos are kept as old versions cannot be asked ({code})",
                allow
                if code == "AccessDenied"
                else "try again, or look at the store whether it keeps versions",
            )
            return unknown, True
    if status == "Enabled":
        kept = Finding(
            "failure",
            about,
            "the bucket keeps old versions: what is erased stays, with prompt, photos and video",
            "suspend versioning, and let the lifecycle rules of docs/deploy.md delete the old versions",
        )
        return kept, True
    return Finding("ok", about, "what is erased is gone"), status == "Suspended"


def _lifecycle(bucket: Bucket, found: Settings, *, versions: bool, fix: bool) -> Finding:
    about = "lifecycle"
    if found.site.simulated and _is_loopback(found.s3.endpoint_url):
        return Finding("ok", about, "not needed: this store is a stand-in on this machine")
    days = found.site.keep_days
    wanted = rules.lifecycle(found.s3.prefix, days, versions=versions)
    client, name = bucket.client, found.s3.bucket
    have: list[Any] = []
    unreadable = ""
    with _asking(bucket, about):
        try:
            have = list(client.get_bucket_lifecycle_configuration(Bucket=name).get("Rules", []))
        except ClientError as error:
            code = str(error.response["Error"].get("Code"))
            unreadable = "" if code == "NoSuchLifecycleConfiguration" else code
    paste = f"paste these rules at the store: {json.dumps({'Rules': wanted})}"
    if unreadable:
        return Finding("warning", about, f"the rules cannot be read ({unreadable})", paste)
    absent = rules.missing(wanted, have)
    merged = rules.merged(have, absent)
    if absent and fix:
        try:
            client.put_bucket_lifecycle_configuration(
                Bucket=name,
                LifecycleConfiguration={"Rules": merged},  # type: ignore[typeddict-item]  # rules as the bucket gave them
            )
        except (ClientError, BotoCoreError):
            return Finding("warning", about, "this access key may not set the rules", paste)
    by_fix = "set the rules with: videogen doctor --fix"
    lasting = rules.sooner(found.s3.prefix, days, merged)
    if early := lasting if fix else rules.sooner(found.s3.prefix, days, have):
        told = ", ".join(f"{rule} deletes {when}" for rule, when in early.items())
        elsewhere = "change it at the store, or set VIDEOGEN_KEEP_DAYS to match"
        return Finding(
            "warning",
            about,
            f"{told}, before VIDEOGEN_KEEP_DAYS ({days})",
            elsewhere if lasting else by_fix,
        )
    if absent and not fix:
        is_due = rules.missing(rules.lifecycle(found.s3.prefix, days, versions=False), have)
        kept = (
            f"what is older than {days} days"
            if is_due
            else "the old versions of what was erased or written over"
        )
        return Finding("warning", about, f"nothing deletes {kept}", by_fix)
    return Finding("ok", about, f"{'set: ' if absent else ''}what is older than {days} days is deleted")


def _ledger(bucket: Bucket, moment: float) -> Finding:
    """Read the day's ledger: while it is damaged, every start is refused."""
    key = ledger_key(moment)
    try:
        bucket.store.cas.read(key, LEDGER)
    except MalformedRecord:
        where = f"s3://{bucket.settings.bucket}/{bucket.settings.prefix}{key}"
        return Finding(
            "failure",
            "ledger",
            f"{where} cannot be read: no video can be started today",
            f"delete it, and today's limit counts from zero again: aws s3 rm {where}",
        )
    except StoreError as error:
        raise Failed("ledger", error.detail, NO_STORE) from None
    return Finding("ok", "ledger", "today's starts can be counted")


def _cors(bucket: Bucket, site: str, http: httpx.Client, *, fix: bool) -> Finding:
    about = "sharing"
    url = _link(bucket, "doctor/none")
    try:
        allowed = http.get(url, headers={"Origin": site}).headers.get("access-control-allow-origin")
    except httpx.HTTPError as error:
        return Finding("warning", about, f"not asked ({type(error).__name__})", "try again")
    if allowed in {"*", site}:
        return Finding("ok", about, f"the page at {site} may read videos to share them")
    wanted = rules.cors(site)
    detail = f"the page at {site} may not read videos: phones share a link instead of the file"
    if not fix:
        return Finding("warning", about, detail, "set the rule with: videogen doctor --fix --site …")
    paste = f"paste this CORS rule at the store: {json.dumps([wanted])}"
    client, name = bucket.client, bucket.settings.bucket
    have: list[Any] = []
    try:
        try:
            have = list(client.get_bucket_cors(Bucket=name).get("CORSRules", []))
        except ClientError as error:
            if error.response["Error"].get("Code") != "NoSuchCORSConfiguration":
                raise
        rules_now: Any = [*have, wanted]
        client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules_now})
    except (ClientError, BotoCoreError):
        return Finding("warning", about, detail, paste)
    return Finding("ok", about, f"set: the page at {site} may read videos to share them")


def _clocks(headers: Mapping[str, str], asked_at: float) -> Iterator[Finding]:
    """Compare this machine's time with the store's, and that with the time of what it has just written."""
    about = "clock"
    date, written = (seconds_of(headers.get(name, "")) for name in ("Date", "Last-Modified"))
    if date is None:
        yield Finding("warning", about, "the store does not tell its time", "check this machine's by hand")
        return
    ahead = asked_at - date
    side = "ahead of" if ahead > 0 else "behind"
    detail = f"this machine is {abs(ahead):.0f} s {side} the store"
    if abs(ahead) >= SKEW_FAILURE:
        yield Finding("failure", about, f"{detail}: signatures will be refused", CLOCK_REMEDY)
    elif abs(ahead) >= SKEW_WARNING:
        yield Finding("warning", about, detail, CLOCK_REMEDY)
    else:
        yield Finding("ok", about, "this machine's time and the store's agree")
    if written is None or abs(date - written) >= SKEW_WARNING:
        apart = "cannot be compared" if written is None else f"are {abs(date - written):.0f} s apart"
        yield Finding(
            "warning",
            "clock, store's",
            f"Date and Last-Modified of a new object {apart}: a worker that died may be noticed late",
            "let nothing between this site and the store write dates of its own",
        )


def _is_loopback(endpoint: str | None) -> bool:
    return urlsplit(endpoint or "").hostname in {"127.0.0.1", "localhost", "::1"}
