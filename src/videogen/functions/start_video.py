"""POST /api/start-video: check the request, store photos and job, call the worker, answer within a second."""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from videogen import jobs, log, photos, signing, timing
from videogen.errors import Conflict, FieldError, InputTooLarge, InvalidInput, NoSuchObject
from videogen.functions import wiring
from videogen.functions.field_errors import field_errors
from videogen.functions.http import Problem, Request, Response, endpoint
from videogen.functions.job_view import job_view
from videogen.functions.worker_call import Reached
from videogen.jobs import Failure, Job, Photo, Stage, Status, Transition
from videogen.limits import MAX_PHOTO_BYTES, MAX_PHOTOS, MAX_PROMPT_CHARACTERS
from videogen.spending import DailyLimitReached, ledger_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from videogen.functions.wiring import Site
    from videogen.job_store import StoredJob
    from videogen.jobs import Estimate
    from videogen.photos import PhotoInfo

IDEMPOTENCY_KEY = re.compile(r"[!-~]{16,255}")


class PhotoInput(BaseModel):
    """A photo as a data URI. Its name is accepted and not used: nothing of it may reach a key or a header."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    name: Annotated[str | None, Field(repr=False)] = None
    data: Annotated[str, Field(repr=False)]


class StartRequest(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    prompt: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_PROMPT_CHARACTERS),
        Field(repr=False),
    ]
    photos: Annotated[list[PhotoInput], Field(max_length=MAX_PHOTOS)] = []
    aspectRatio: Literal["auto", "16:9", "9:16"] = "auto"  # noqa: N815 - the wire's name
    model: str | None = None
    retryOf: str | None = None  # noqa: N815 - the wire's name
    ownerToken: Annotated[str | None, Field(repr=False)] = None  # noqa: N815 - the wire's name


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo's bytes and what they are."""

    body: bytes = field(repr=False)
    info: PhotoInfo


MESSAGES = {
    ("prompt", "missing"): "Prompt is required.",
    ("prompt", "string_too_short"): "Prompt is required.",
    (
        "prompt",
        "string_too_long",
    ): f"The prompt is longer than {MAX_PROMPT_CHARACTERS} characters: shorten it.",
    ("photos", "too_long"): f"At most {MAX_PHOTOS} photos can be sent: leave some out.",
    ("aspectRatio", "literal_error"): 'The aspect ratio must be "auto", "16:9" or "9:16".',
}


def answer(request: Request, site: Site) -> Response:
    """Start a video, or find the one that the same Idempotency-Key has started already."""
    check_access_code(request, site)
    body = request.json_object()
    wanted = parse(body)
    key = idempotency_key(request)
    model = choose_model(wanted, site)
    fingerprint = digest(wanted)
    now = site.clock.now()
    job = Job(
        id=job_id_of(site, key),
        prompt=wanted.prompt,
        model=model,
        aspect_ratio=wanted.aspectRatio,
        photos=(),
        created_at=now,
        fingerprint=fingerprint,
        history=(Transition(at=now, epoch=0, action="job.created"),),
    )
    with ThreadPoolExecutor(max_workers=1) as meanwhile:
        estimate = meanwhile.submit(copy_context().run, site.durations.estimate, model).result
        if wanted.retryOf is None:
            uploads = read_photos(wanted)
            stored, created = store_uploads(site, job, uploads, estimate, is_keyed=key is not None)
        else:
            stored, created = store_retry(site, job, wanted, estimate)
    if created:
        log.info("job.created", jobId=job.id, photos=len(stored.job.photos), model=model)
    else:
        give_back(site, stored.job, now)
        check_same_request(stored.job, fingerprint)
    stored = dispatch(request, site, stored)
    return accepted(site, stored)


def reserve(site: Site, job: Job) -> None:
    """Count a job against the daily limit; raises a 429 Problem that says when it opens again."""
    try:
        site.ledger.reserve(job.id)
    except DailyLimitReached as error:
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "daily_limit",
            error.detail,
            headers={"Retry-After": str(math.ceil(error.opens_at - job.created_at))},
            opensAt=jobs.timestamp(error.opens_at),
        ) from None


def give_back(site: Site, found: Job, now: float) -> None:
    """Undo a reservation that was made anew for a job of another day, or for one that has ended for free."""
    if ledger_key(now) != ledger_key(found.created_at):
        site.ledger.release(found.id, now)
    site.ledger.settle(found)


def check_access_code(request: Request, site: Site) -> None:
    """Raise a 401 Problem where the site wants an access code and this is not it."""
    code = site.settings.access_code
    given = request.headers.get("x-access-code", "")
    if code is not None and not hmac.compare_digest(
        given.encode(errors="surrogatepass"), code.reveal().encode()
    ):
        raise Problem(HTTPStatus.UNAUTHORIZED, "access_code", "This site asks for an access code.")


def parse(body: dict[str, Any]) -> StartRequest:
    """Check the fields of a request; raises InvalidInput with every wrong one."""
    try:
        wanted = StartRequest.model_validate(body)
    except ValidationError as error:
        raise InvalidInput(list(field_errors(error, MESSAGES))) from None
    if wanted.retryOf is None and not wanted.photos:
        raise InvalidInput([FieldError("photos", "At least one photo is required.")])
    if wanted.retryOf is not None and wanted.photos:
        raise InvalidInput([FieldError("photos", "A retry takes the photos of its job: send none.")])
    return wanted


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key, None without one; raises InvalidInput."""
    key = request.headers.get("idempotency-key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidInput(
            [FieldError("Idempotency-Key", "The Idempotency-Key must be 16 to 255 visible ASCII characters.")]
        )
    return key


def job_id_of(site: Site, key: str | None) -> str:
    """Return the id of the job that a key stands for, or a new one.

    A job made under an older secret keeps its key for as long as that secret counts.
    """
    if key is None:
        return signing.new_job_id(os.urandom)
    for older in site.keys[1:]:
        found = signing.job_id_for(older, key)
        with suppress(NoSuchObject):
            return site.store.read(found).job.id
    return signing.job_id_for(site.keys[0], key)


def choose_model(wanted: StartRequest, site: Site) -> str:
    """Return the model to use; raises InvalidInput for one that the operator has not listed."""
    listed = [model.id for model in site.settings.models]
    if wanted.model is None:
        return listed[0]
    if wanted.model not in listed:
        raise InvalidInput(
            [FieldError("model", f"This model is not offered here: choose {' or '.join(listed)}.")]
        )
    return wanted.model


def digest(wanted: StartRequest) -> str:
    """Return a digest of what was asked for, to tell a repeated request from another one."""
    whole = hashlib.sha256()
    for part in (
        wanted.prompt,
        wanted.aspectRatio,
        wanted.model or "",
        wanted.retryOf or "",
        *(photo.data for photo in wanted.photos),
    ):
        whole.update(hashlib.sha256(part.encode()).digest())
    return whole.hexdigest()


def read_photos(wanted: StartRequest) -> list[Upload]:
    """Decode and look at the photos; raises InvalidInput, UnsupportedPhoto, InputTooLarge."""
    uploads: list[Upload] = []
    for index, photo in enumerate(wanted.photos):
        field = f"photos[{index}].data"
        body = photos.decode_data_uri(photo.data, field)
        uploads.append(Upload(body, photos.sniff(body, field=field)))
    if sum(len(upload.body) for upload in uploads) > MAX_PHOTO_BYTES:
        megabytes = MAX_PHOTO_BYTES // 1_000_000
        raise InputTooLarge(
            [FieldError("photos", f"The photos are larger than {megabytes} MB together: send smaller ones.")]
        )
    return uploads


def store_uploads(
    site: Site, job: Job, uploads: list[Upload], estimate: Callable[[], Estimate | None], *, is_keyed: bool
) -> tuple[StoredJob, bool]:
    """Store the photos, all at once, and then the job; return it and whether it is new.

    `estimate` waits for what is known of durations, which is read meanwhile.

    A job with an idempotency key may be there already, with the clean photos that its worker made, or erased.
    Its photos are written only where there are none, and taken away again where the job turns out erased.
    """
    reserve(site, job)
    photos_stored = tuple(Photo(type=one.info.type, bytes=len(one.body)) for one in uploads)

    def put(numbered: tuple[int, Upload], *, if_absent: bool) -> None:
        number, upload = numbered
        site.store.put_photo(job.id, number, upload.body, upload.info.type, if_absent=if_absent)

    numbered = list(enumerate(uploads, 1))
    try:
        in_parallel(lambda one: put(one, if_absent=is_keyed), numbered)
    except Conflict:
        try:
            return site.store.read(job.id), False
        except NoSuchObject:
            # A request that died between its photos and its record; they may be another request's photos.
            in_parallel(lambda one: put(one, if_absent=False), numbered)
    return store_record(site, replace(job, photos=photos_stored, estimate=estimate()))


def store_retry(
    site: Site, job: Job, wanted: StartRequest, estimate: Callable[[], Estimate | None]
) -> tuple[StoredJob, bool]:
    """Make a new job of an old one's photos, or of its paid video if that was never saved.

    Raises 403, 404, 409 and 410 Problems.
    """
    old_id = wanted.retryOf or ""
    if not signing.is_job_id(old_id) or not signing.check_owner_token(
        site.keys, old_id, wanted.ownerToken or ""
    ):
        # The id is not repeated: anything at all may stand in its place, megabytes of it.
        raise Problem(
            HTTPStatus.FORBIDDEN, "owner_token", "Only whoever started this video can try it again."
        )
    try:
        old = site.store.read(old_id).job
    except NoSuchObject:
        raise Problem(HTTPStatus.NOT_FOUND, "job_not_found", "Job not found.", jobId=old_id) from None
    if old.deleted_at is not None:
        raise Problem(HTTPStatus.GONE, "job_erased", "This video has been erased.", jobId=old_id)
    if not old.has_ended:
        raise Problem(HTTPStatus.CONFLICT, "job_running", "This video is still being made.", jobId=old_id)
    is_same = (old.prompt, old.model) == (job.prompt, job.model)
    is_rescue = is_same and old.is_rescuable
    if not is_rescue:
        reserve(site, job)
    try:
        in_parallel(
            lambda number: site.store.copy_photo(old_id, job.id, number), list(range(1, len(old.photos) + 1))
        )
    except NoSuchObject:
        found = store_nothing(site, replace(job, photos=old.photos))
        if found is not None:
            return found, False
        raise Problem(
            HTTPStatus.GONE,
            "photos_gone",
            "The photos are no longer kept: please add them again.",
            jobId=old_id,
        ) from None
    record = replace(job, photos=old.photos, estimate=estimate())
    if is_rescue:
        record = jobs.as_rescue(record, old)
    return store_record(site, record)


def store_record(site: Site, record: Job) -> tuple[StoredJob, bool]:
    """Store the job of photos that are stored; return it and whether it is new.

    The photos are taken away again where the job turns out to be there already, and erased.
    """
    stored, created = site.store.create(record)
    if not created and stored.job.deleted_at is not None:
        site.store.erase_objects(record.id, photos=len(record.photos), epochs=0)
    return stored, created


def store_nothing(site: Site, record: Job) -> StoredJob | None:
    """Take back what was stored for a job that cannot be; return the job if an earlier request made it."""
    try:
        stored = site.store.read(record.id)
    except NoSuchObject:
        site.ledger.release(record.id, record.created_at)
    else:
        if stored.job.deleted_at is None:
            return stored
    site.store.erase_objects(record.id, photos=len(record.photos), epochs=0)
    return None


def check_same_request(job: Job, fingerprint: str) -> None:
    """Raise a Problem where the key belongs to another request, or to a job that was erased."""
    if job.deleted_at is not None:
        raise Problem(HTTPStatus.GONE, "job_erased", "This video has been erased.", jobId=job.id)
    if job.fingerprint != fingerprint:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This Idempotency-Key belongs to another request: use a new one.",
        )


def dispatch(request: Request, site: Site, stored: StoredJob) -> StoredJob:
    """Call the worker for a job that waits for it; a definite refusal ends the job with a 502 Problem."""
    job = stored.job
    waits = job.status is Status.QUEUED or (job.stage is Stage.SAVING and job.epoch == 0)
    if not waits:
        return stored
    with timing.measured("worker"):
        reached = site.call_worker(request, job.id, keys=site.keys, now=site.clock.now())
    if reached is not Reached.NO:
        return stored
    failure = Failure.of("worker_unreachable")
    ended = site.store.swap(
        stored, lambda it: jobs.fail_unreached(it.job, now=site.clock.now(), failure=failure)
    )
    if ended is None:
        return site.store.read(job.id)
    log.error("job.failed", jobId=job.id, code=failure.code, charged=failure.charged)
    site.ledger.settle(ended.job)
    raise Problem(
        HTTPStatus.BAD_GATEWAY,
        failure.code,
        failure.detail,
        jobId=job.id,
        ownerToken=signing.owner_token(site.keys[0], job.id),
    )


def accepted(site: Site, stored: StoredJob) -> Response:
    """Return the 202 for a job."""
    job = stored.job
    view = job_view(job, site.store.objects, now=site.clock.now(), keep_days=site.settings.keep_days)
    status_url = f"/api/check-video-status?jobId={job.id}"
    poll_after_ms = view["pollAfterMs"] or 0
    return Response(
        HTTPStatus.ACCEPTED,
        {
            "success": True,
            "jobId": job.id,
            "ownerToken": signing.owner_token(site.keys[0], job.id),
            "status": view["status"],
            "statusUrl": status_url,
            "pollAfterMs": poll_after_ms,
            "estimatedSeconds": view["estimatedSeconds"],
            "createdAt": view["createdAt"],
            "message": "Your video is being made.",
        },
        {"Location": status_url, "Retry-After": str(max(1, -(-poll_after_ms // 1000)))},
    )


def in_parallel(work: Any, items: list[Any]) -> None:  # noqa: ANN401 - a function over any items
    """Do a piece of work for each item, all at once; the first error is raised after all have ended."""
    if len(items) == 1:
        work(items[0])
        return
    with ThreadPoolExecutor(max_workers=len(items) or 1) as pool:
        begun = [pool.submit(copy_context().run, work, item) for item in items]
    for each in begun:
        each.result()


handler = endpoint(answer, methods=("POST",), site=wiring.site)
