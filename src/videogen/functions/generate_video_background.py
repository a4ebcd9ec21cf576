"""POST /.netlify/functions/generate-video-background: the worker. The platform has answered 202 already.

What this returns, nobody sees; what it raises makes the platform deliver the call again, up to twice.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from videogen import generation, log, service, signing
from videogen.cas import new_nonce
from videogen.errors import SettingsError, VideogenError
from videogen.functions import wiring
from videogen.functions.http import Event, Problem, Request, read_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from videogen.functions.wiring import Worker

MAX_BODY_BYTES = 1024
RESERVE_SECONDS = 10.0
"""What is left of the platform's time when the work stops: enough to write how it ended."""


class Crashed(VideogenError):
    """The worker met what nobody expected; the line before this one names the place."""


def make_handler(worker: Callable[[], Worker]) -> Callable[[Event, Any], dict[str, Any]]:
    """Return the handler; `worker` is asked for at each call."""

    def handler(event: Event, context: Any) -> dict[str, Any]:  # noqa: ANN401 - the platform's own object
        with log.bound(requestId=str(context.aws_request_id)):
            try:
                work(read_request(event, context), worker())
            except Problem as problem:
                log.warning("worker.refused", status=int(problem.status), reason=problem.detail)
                return {"statusCode": int(problem.status)}
            except SettingsError as error:
                # Delivering it again would not set a variable; the job ends by itself, uncharged.
                log.error("site.misconfigured", error=error.detail)
                return {"statusCode": int(HTTPStatus.INTERNAL_SERVER_ERROR)}
            except generation.Resumable:
                log.warning("worker.resumable")
                raise
            except VideogenError:
                raise
            except Exception as error:  # noqa: BLE001 - the platform prints what is raised: nothing of it may be a secret
                log.crash(error)
                raise Crashed from None
        return {"statusCode": int(HTTPStatus.OK)}

    return handler


def work(request: Request, worker: Worker) -> None:
    """Check the signature, then do the job. Raises Problem before anything is parsed, read or spent."""
    job_id = read_job_id(request, worker)
    if worker.misconfigured is not None:
        service.fail_queued(worker.deps, job_id, "misconfigured")
        raise worker.misconfigured
    generation.run(
        job_id, worker.generation(), run_id=new_nonce(), seconds=request.seconds_left() - RESERVE_SECONDS
    )


def read_job_id(request: Request, worker: Worker) -> str:
    """Return the job of a signed call; raises Problem."""
    if request.method != "POST":
        raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "POST only")
    if len(request.body) > MAX_BODY_BYTES:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "the body is too large")
    try:
        signing.verify(worker.deps.keys, request.headers, request.body, now=worker.deps.clock.now())
    except signing.SignatureError as error:
        raise Problem(HTTPStatus.UNAUTHORIZED, "signature", error.detail) from None
    try:
        job_id = json.loads(request.body)["jobId"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "the body names no job") from None
    if not isinstance(job_id, str) or not signing.is_job_id(job_id):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "the body names no job")
    return job_id


handler = make_handler(wiring.worker)
