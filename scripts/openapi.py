"""Print the API as its own models describe it: `python scripts/openapi.py > docs/openapi.json`.

The requests are what the functions themselves check them with. The answers are models of this file, since
the functions build them as plain objects; tests send thousands of requests and hold every answer against
them. Nothing here is loaded by a function.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from videogen.errors import Charged, FailureCode  # noqa: TC001 - pydantic reads the annotations
from videogen.functions.cancel_video import CancelRequest
from videogen.functions.notify_video import NotifyRequest
from videogen.functions.start_video import IDEMPOTENCY_KEY, SCHEMA
from videogen.jobs import Stage, Status  # noqa: TC001 - as above
from videogen.limits import MAX_BODY_BYTES, MAX_PHOTO_BYTES
from videogen.signing import JOB_ID

ROOT = Path(__file__).resolve().parent.parent

SMALLEST_PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgaGAAAAEEAIF0tPm"
    "lAAAAAElFTkSuQmCC"
)


class Answer(BaseModel):
    """Part of an answer: exactly these members."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class Estimate(Answer):
    """How long this site's recent videos took, in seconds: the median and the ninetieth percentile."""

    p50: int
    p90: int


class Failure(Answer):
    """Why a job ended without a video, and whether the provider charged for it."""

    code: FailureCode
    retryable: bool
    charged: Charged
    detail: str


class Started(Answer):
    """A job that was started, or the one that the same Idempotency-Key had started."""

    success: Literal[True]
    job_id: str = Field(pattern=f"^{JOB_ID.pattern}$")
    owner_token: str = Field(
        description="Needed to cancel, erase or retry the job; to watch it, the id is enough."
    )
    status: Status
    status_url: str
    poll_after_ms: int = Field(ge=0)
    estimated_seconds: Estimate | None
    created_at: AwareDatetime
    message: str


class Job(Answer):
    """A job as it stands."""

    job_id: str = Field(pattern=f"^{JOB_ID.pattern}$")
    status: Status
    stage: Stage | None
    prompt: str
    photos_count: int = Field(ge=0)
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    elapsed_seconds: float = Field(ge=0)
    estimated_seconds: Estimate | None
    poll_after_ms: int | None = Field(description="When to ask again; null once nothing can change.")
    video_url: str | None = Field(description="Signed, for an hour; plays in a page.")
    download_url: str | None = Field(description="The same video as an attachment.")
    video_url_expires_at: AwareDatetime | None
    kept_until: AwareDatetime | None
    deleted_at: AwareDatetime | None
    error: str | None
    failure: Failure | None


class FieldError(Answer):
    """One wrong field, by its JSON path, and what to do about it."""

    field: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable; `success` and `error` are for clients of the first version."""

    model_config = ConfigDict(alias_generator=to_camel)

    type: Literal["about:blank"]
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    code: str
    success: Literal[False]
    error: str
    errors: list[FieldError] = Field(default=[], min_length=1)
    job_id: str | None = None
    owner_token: str | None = None
    opens_at: AwareDatetime | None = None


def document() -> dict[str, Any]:
    """Return the description of the API."""
    _, schemas = models_json_schema(
        [(model, "validation") for model in (CancelRequest, NotifyRequest, Started, Job, Problem)],
        ref_template="#/components/schemas/{model}",
    )
    described = {**schemas["$defs"], "StartRequest": GenerateJsonSchema().generate(SCHEMA)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Photos to video",
            "version": tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
                "version"
            ],
            "description": "A photo and a prompt become a video. Start a job, then ask for its status.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/api/start-video": {"post": start_video()},
            "/api/check-video-status": {"get": check_video_status()},
            "/api/cancel-video": {"post": cancel_video()},
            "/api/notify-video": {"post": notify_video()},
        },
        "components": {"schemas": untitled(dict(sorted(described.items()))), "headers": HEADERS},
    }


def untitled(schema: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return a schema without the titles that pydantic makes of names."""
    if isinstance(schema, list):
        return [untitled(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: untitled(part)
        for name, part in schema.items()
        if not (name == "title" and isinstance(part, str))
    }


def start_video() -> dict[str, Any]:
    """Return the description of POST /api/start-video."""
    return {
        "operationId": "startVideo",
        "summary": "Start a video",
        "description": (
            "Photos are JPEG, PNG or WebP as data URIs, "
            f"{MAX_PHOTO_BYTES} bytes together when decoded; the whole body is at most {MAX_BODY_BYTES} "
            "bytes. The first photo is the start frame. Instead of photos, retryOf and that job's ownerToken "
            "take its photos and, if no model is given, its model."
        ),
        "parameters": [
            header(
                "Idempotency-Key",
                "The same key with the same body is the same job; with another body it is refused.",
                {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY.pattern}$"},
            ),
            header("X-Access-Code", "Where the site asks for one.", {"type": "string"}),
        ],
        "requestBody": body(
            "StartRequest",
            {"prompt": "slow pan over the lake", "photos": [{"name": "lake.png", "data": SMALLEST_PNG}]},
        ),
        "responses": {
            "202": answer("The job is queued.", "Started", ["Location", "Retry-After"]),
            **problems(
                {
                    "400": "Not JSON, a wrong field, or a model that the site does not offer.",
                    "401": "The access code is missing or wrong.",
                    "403": "The ownerToken is not that of the job to retry.",
                    "404": "The job to retry is not there.",
                    "409": "The job to retry has not ended, or was rescued three times in vain.",
                    "410": "The job, or the photos to take again, are erased.",
                    "413": "Too many bytes or pixels.",
                    "415": "Not application/json, or not a photo that is taken.",
                    "422": "The Idempotency-Key belongs to another request.",
                    "429": "Too many requests, or today's videos or starts are used up: see Retry-After.",
                    "502": "The worker could not be reached; nothing was charged.",
                }
            ),
        },
    }


def check_video_status() -> dict[str, Any]:
    """Return the description of GET /api/check-video-status."""
    return {
        "operationId": "checkVideoStatus",
        "summary": "Ask how a job stands",
        "description": "Whoever has a job's id may ask.",
        "parameters": [
            {
                "name": "jobId",
                "in": "query",
                "required": True,
                "schema": {"type": "string", "pattern": f"^{JOB_ID.pattern}$"},
            }
        ],
        "responses": {
            "200": answer("The job.", "Job", ["Retry-After"]),
            **problems({"400": "No jobId.", "404": "There is no such job."}),
        },
    }


def cancel_video() -> dict[str, Any]:
    """Return the description of POST /api/cancel-video."""
    return {
        "operationId": "cancelVideo",
        "summary": "Cancel or erase a job",
        "description": "Repeating it is harmless. With delete, prompt, photos and video are erased.",
        "requestBody": body("CancelRequest", {"jobId": "A" * 22, "ownerToken": "as start-video gave it"}),
        "responses": {
            "200": answer("The job, canceled or erased.", "Job", []),
            **problems(
                {
                    "400": "Not JSON, or a wrong field.",
                    "403": "The ownerToken is not this job's.",
                    "404": "There is no such job.",
                    "409": "The job had ended otherwise.",
                    "413": "Too many bytes.",
                    "415": "Not application/json.",
                }
            ),
        },
    }


def notify_video() -> dict[str, Any]:
    """Return the description of POST /api/notify-video."""
    subscription = {
        "endpoint": "https://push.example.net/wpush/v2/abc",
        "keys": {"p256dh": "the browser's public key", "auth": "the browser's secret"},
    }
    example = {"jobId": "A" * 22, "ownerToken": "as start-video gave it", "subscription": subscription}
    return {
        "operationId": "notifyVideo",
        "summary": "Be told when a job has ended",
        "description": (
            "Puts a browser's Web Push subscription into the job, or null for none any more. "
            "Repeating it is harmless. Only where the site has VAPID keys."
        ),
        "requestBody": body("NotifyRequest", example),
        "responses": {
            "204": answer("It is noted.", None, []),
            **problems(
                {
                    "400": "Not JSON, or a wrong field.",
                    "403": "The ownerToken is not this job's.",
                    "404": "There is no such job, or this site sends no notifications.",
                    "410": "The job has been erased.",
                    "413": "Too many bytes.",
                    "415": "Not application/json.",
                }
            ),
        },
    }


HEADERS: dict[str, Any] = {
    "Cache-Control": {"required": True, "schema": {"const": "no-store"}},
    "X-Request-Id": {"required": True, "schema": {"type": "string"}},
    "Server-Timing": {"schema": {"type": "string"}},
    "Location": {"required": True, "schema": {"type": "string", "format": "uri-reference"}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}},
    "Allow": {"required": True, "schema": {"type": "string"}},
}
"""All that an answer of this API may carry beside its content type and its security headers."""


def header(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return an optional header of a request."""
    return {"name": name, "in": "header", "description": description, "schema": schema}


def body(model: str, example: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a request."""
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def answer(
    description: str, model: str | None, headers: list[str], media_type: str = "application/json"
) -> dict[str, Any]:
    """Return an answer, without a body where there is no model; every one has the headers of `common`."""
    common = ["Cache-Control", "X-Request-Id", "Server-Timing"]
    described = {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in [*common, *headers]},
    }
    if model is None:
        return described
    return {**described, "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{model}"}}}}


def problems(descriptions: dict[str, str]) -> dict[str, Any]:
    """Return an operation's errors, with those that every operation has."""
    common = {
        "405": "Another method.",
        "500": "The site is not set up, or failed; its log has the reason under the X-Request-Id.",
        "503": "The storage does not work, or the site is paused: try again after Retry-After.",
        "504": "It took too long.",
    }
    extra = {"405": ["Allow"], "429": ["Retry-After"], "503": ["Retry-After"]}
    return {
        status: answer(text, "Problem", extra.get(status, []), "application/problem+json")
        for status, text in sorted({**descriptions, **common}.items())
    }


if __name__ == "__main__":
    print(json.dumps(document(), indent=2, ensure_ascii=False))
