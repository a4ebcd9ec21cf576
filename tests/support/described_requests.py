"""Requests made of docs/openapi.json by schemathesis, and what must hold of every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from support.functions_under_test import data_uri, photo
from videogen import push

if TYPE_CHECKING:
    from schemathesis import BaseSchema, Case

OPERATIONS = [
    ("/api/start-video", "POST"),
    ("/api/check-video-status", "GET"),
    ("/api/cancel-video", "POST"),
    ("/api/notify-video", "POST"),
]
HELD = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PHOTO: dict[str, Any] = {"data": data_uri(photo((8, 8)))}
SUBSCRIPTION: dict[str, Any] = {
    "endpoint": "https://push.example.net/wpush/v2/abc",
    "keys": {"p256dh": push.new_keys()[0], "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
}


def cases(described: BaseSchema, jobs: list[tuple[str, str]]) -> st.SearchStrategy[Case[Any]]:
    """Return requests right and wrong; about half of them about one of `jobs`: ids and their owner tokens."""
    made = st.one_of(
        [
            described[path][method].as_strategy(generation_mode=mode)
            for path, method in OPERATIONS
            for mode in GenerationMode
        ]
    )
    return st.builds(_about, made, st.one_of(st.none(), st.sampled_from(jobs)))


def _about(case: Case[Any], job: tuple[str, str] | None) -> Case[Any]:
    """Put in what no generator can guess: an id, its token, a photo, a browser's keys."""
    if job is None:
        return case
    job_id, token = job
    if "jobId" in (case.query or {}):
        case.query["jobId"] = job_id
    if isinstance(case.body, dict):
        if "photos" in case.body:
            case.body |= {"photos": [dict(PHOTO)], "prompt": "p"}
        if isinstance(case.body.get("subscription"), dict):
            case.body |= {"subscription": SUBSCRIPTION}
        for name in {"jobId", "retryOf"} & case.body.keys():
            case.body |= {name: job_id, "ownerToken": token}
    return case
