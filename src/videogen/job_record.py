"""A job's record as JSON: camelCase names, RFC 3339 times, and fields of a newer version as they came.

Whatever is read is checked, each value by its field's entry below: a record that was damaged, or written by
something else, must not pass for a job that may be bought.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from videogen.errors import FAILURES, Charged, MalformedRecord
from videogen.jobs import (
    SCHEMA,
    AspectRatio,
    DispatchKind,
    Estimate,
    Failure,
    Job,
    Limits,
    Photo,
    Stage,
    Status,
    Subscription,
    Transition,
    Video,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    Record = Job | Limits | Photo | Video | Failure | Estimate | Subscription | Transition

REQUIRED = {"schema", "status", "stage", "history"}
"""The fields that have a default in a new job, and that no stored one lacks."""
NAMES = {"run_id": "holder"}
"""Fields whose name in a record is that of older versions."""
LARGEST_COUNT = 1000
"""No job is claimed or called more often; who erases one asks for a video of each epoch."""
LARGEST_NUMBER = 2**53
"""Up to here JSON's numbers are exact everywhere."""

LONGEST_TIME = 101 * 366 * 24 * 60 * 60.0
"""Seconds that may be counted from a moment: the longest that a video is kept, and a job's whole life."""


class Kind(NamedTuple):
    """What a field holds: `read` checks a JSON value or raises ValueError, `write` returns one to store."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any] = lambda value: value


def from_object(record: Mapping[str, Any]) -> Job:
    """Read a stored JSON object; raises MalformedRecord."""
    if record.get("schema") != SCHEMA:
        raise MalformedRecord(
            f"a job's record has schema {record.get('schema')!r:.20}, this version reads {SCHEMA}"
        )
    try:
        for name in REQUIRED - record.keys():
            raise ValueError(name)  # noqa: TRY301 - every fault is told alike
        job: Job = _read(Job, record)
        _check_whole(job)
    except (TypeError, ValueError) as error:
        raise MalformedRecord(f"a job's record cannot be read: {error}") from None
    return job


def to_object(value: Record) -> dict[str, Any]:
    """Return the JSON object to store."""
    known = {_json_name(name): kind.write(getattr(value, name)) for name, kind in KINDS[type(value)].items()}
    return {**value.unknown, **known}


def _read(of: type[Record], record: object) -> Any:  # noqa: ANN401 - one of that type
    """Read an object; raises TypeError or ValueError, whose words name a field and no value."""
    if not isinstance(record, dict):
        raise TypeError("it is no object")
    unknown = dict(record)
    found: dict[str, Any] = {"unknown": unknown}
    for name, kind in KINDS[of].items():
        if _json_name(name) not in unknown:
            continue
        try:
            found[name] = kind.read(unknown.pop(_json_name(name)))
        except (TypeError, ValueError, OverflowError):
            raise ValueError(_json_name(name)) from None
    return of(**found)


def _check_whole(job: Job) -> None:
    """Raise ValueError where the parts of a record contradict each other."""
    if (job.stage is not None) != (job.status is Status.PROCESSING):
        raise ValueError("stage")
    if (job.failure is not None) != (job.status in {Status.FAILED, Status.CANCELED}):
        raise ValueError("failure")
    if job.status is Status.COMPLETED and job.video is None and job.deleted_at is None:
        raise ValueError("video")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # half a surrogate pair is a ValueError: it could not be written again
    return value


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > LARGEST_COUNT:
        raise TypeError
    return {_text(name): _text(text) for name, text in value.items()}


def _digest(value: object) -> str:
    """Read what is part of a key, and must not lead out of its folder."""
    text = _text(value)
    if text.strip("0123456789abcdef"):
        raise ValueError
    return text


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _integer(least: int, most: int) -> Kind:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError
        if not least <= value <= most:
            raise ValueError
        return value

    return Kind(read)


def _positive(most: float) -> Kind:
    def read(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError
        if not 0 <= value <= most:
            raise ValueError
        return float(value)

    return Kind(read)


def _moment(value: object) -> float:
    """Read a time; raises TypeError, ValueError, OverflowError.

    Also for one that could not be written, or from which a deadline cannot be counted.
    """
    seconds = datetime.fromisoformat(_text(value)).timestamp()
    timestamp(seconds)
    timestamp(seconds + LONGEST_TIME)
    return seconds


def _one_of(values: Collection[Any], read: Callable[[str], Any] = str) -> Kind:
    def check(value: object) -> Any:  # noqa: ANN401 - an enum's member or a literal
        if not isinstance(value, str) or value not in values:
            raise ValueError
        return read(value)

    return Kind(check)


def _optional(kind: Kind) -> Kind:
    return Kind(
        lambda value: None if value is None else kind.read(value),
        lambda value: None if value is None else kind.write(value),
    )


def _many(kind: Kind) -> Kind:
    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > LARGEST_COUNT:
            raise TypeError
        return tuple(kind.read(item) for item in value)

    return Kind(read, lambda value: [kind.write(item) for item in value])


def _object(of: type[Record]) -> Kind:
    return Kind(lambda value: _read(of, value), to_object)


@cache
def _json_name(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


# What cannot be read is not written either: else nobody could ever end or erase the job.
TEXT = Kind(_text, lambda value: value.encode(errors="replace").decode())
DIGEST = Kind(_digest)
TEXTS = Kind(_texts, dict)
FLAG = Kind(_flag)
COUNT = _integer(0, LARGEST_COUNT)
SIZE = _integer(0, LARGEST_NUMBER)
SECONDS = _positive(LONGEST_TIME)
USD = _positive(LARGEST_NUMBER)
MOMENT = Kind(_moment, timestamp)

KINDS: Mapping[type, Mapping[str, Kind]] = {
    Job: {
        "id": TEXT,
        "prompt": TEXT,
        "model": TEXT,
        "aspect_ratio": _one_of(get_args(AspectRatio)),
        "photos": _many(_object(Photo)),
        "created_at": MOMENT,
        "schema": _integer(SCHEMA, SCHEMA),
        "version": _integer(1, LARGEST_NUMBER),
        "limits": _object(Limits),
        "dispatch": _one_of(get_args(DispatchKind)),
        "epoch": COUNT,
        "status": _one_of(list(Status), Status),
        "stage": _optional(_one_of(list(Stage), Stage)),
        "run_id": _optional(TEXT),
        "lease_released": FLAG,
        "renewed_at": _optional(MOMENT),
        "calls": COUNT,
        "retry_at": _optional(MOMENT),
        "dispatches": COUNT,
        "dispatched_at": _optional(MOMENT),
        "started_at": _optional(MOMENT),
        "completed_at": _optional(MOMENT),
        "deleted_at": _optional(MOMENT),
        "provider_url": _optional(TEXT),
        "provider_request_id": _optional(TEXT),
        "link_in_doubt": FLAG,
        "call_ids": TEXTS,
        "video": _optional(_object(Video)),
        "failure": _optional(_object(Failure)),
        "settled": FLAG,
        "rescues": _optional(TEXT),
        "estimate": _optional(_object(Estimate)),
        "fingerprint": TEXT,
        "key_id": _optional(TEXT),
        "subscription": _optional(_object(Subscription)),
        "price": _optional(USD),
        "history": _many(_object(Transition)),
    },
    Limits: {"paid_call": SECONDS, "work": SECONDS, "end": SECONDS},
    Photo: {"type": TEXT, "bytes": SIZE, "digest": DIGEST},
    Video: {"key": TEXT, "bytes": SIZE, "sha256": TEXT, "host": TEXT},
    Failure: {
        "code": _one_of(FAILURES),
        "retryable": FLAG,
        "charged": _one_of(get_args(Charged)),
        "detail": TEXT,
        "note": TEXT,
    },
    Estimate: {"p50": SECONDS, "p90": SECONDS, "p10": SECONDS},
    Subscription: {"endpoint": TEXT, "p256dh": TEXT, "auth": TEXT},
    Transition: {"at": MOMENT, "epoch": COUNT, "action": TEXT},
}
