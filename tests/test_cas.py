"""A shared document: what is no JSON is told, and what a newer version wrote survives whatever it holds."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from support.fake_clock import FakeClock
from support.memory_objects import MemoryObjects, Trouble, TroubledObjects
from videogen.cas import JSON, Cas, Codec, Stored
from videogen.errors import MalformedRecord, NoSuchObject, StoreUnavailable

if TYPE_CHECKING:
    from videogen.objects import StoredObject

KEY = "stats/model.json"
STRICT: Codec[dict[str, Any]] = Codec(dict, dict)
EXPENDABLE: Codec[dict[str, Any]] = Codec(dict, dict, expendable=True)
NO_OBJECTS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"5",
    b"\xff",
    b"[" * 9999,
    b'{"a": NaN}',
    b'{"a": [-Infinity]}',
    b'{"a": 1e999}',
    b'{"a": ' + b"9" * 5000 + b"}",
]


@pytest.fixture
def bucket() -> MemoryObjects:
    return MemoryObjects(FakeClock(0.0).now)


@pytest.fixture
def objects(bucket: MemoryObjects) -> TroubledObjects:
    return TroubledObjects(bucket)


@pytest.fixture
def cas(objects: TroubledObjects) -> Cas:
    numbers = count(1)
    return Cas(
        objects=objects,
        clock=FakeClock(0.0).clock,
        random=lambda: 0.5,
        nonce=lambda: f"nonce {next(numbers)}",
    )


def add(there: Stored[dict[str, Any]] | None) -> dict[str, Any]:
    """Count the changes: a change that is applied twice shows."""
    known = there.value if there else {}
    return {**known, "changes": known.get("changes", 0) + 1}


@pytest.mark.parametrize("body", NO_OBJECTS, ids=lambda body: body[:12])
def test_what_is_no_json_object_is_malformed(cas: Cas, body: bytes) -> None:
    cas.objects.put(KEY, body, content_type=JSON)

    with pytest.raises(MalformedRecord, match="a document in the storage is not a JSON object"):
        cas.read(KEY, STRICT)


@pytest.mark.parametrize("body", NO_OBJECTS, ids=lambda body: body[:12])
def test_an_expendable_document_is_replaced(cas: Cas, body: bytes) -> None:
    cas.objects.put(KEY, body, content_type=JSON)

    cas.swap(KEY, EXPENDABLE, cas.read(KEY, EXPENDABLE), add)

    found = cas.read(KEY, STRICT)
    assert found is not None
    assert found.value == {"changes": 1}


@pytest.mark.parametrize(
    "value", ["half a pair \ud800", {"\udfff": "\udc00"}, "\x00\x7f\u2028", 2**63, 1e308, -0.0, [[[]]], None]
)
def test_any_value_of_json_survives_a_change(cas: Cas, value: Any) -> None:
    cas.swap(KEY, STRICT, None, lambda _: {"newer": value})

    cas.swap(KEY, STRICT, cas.read(KEY, STRICT), add)

    found = cas.read(KEY, STRICT)
    assert found is not None
    assert found.value == {"newer": value, "changes": 1}


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("trouble", [Trouble.NOT_APPLIED, Trouble.REPLY_LOST, Trouble.CONFLICT_REPORTED])
def test_a_change_is_applied_once(
    cas: Cas, objects: TroubledObjects, trouble: Trouble, *, is_there: bool
) -> None:
    seen = cas.swap(KEY, STRICT, None, add)[0] if is_there else None
    objects.plan = [("PUT", trouble)]

    stored, is_changed = cas.swap(KEY, STRICT, seen, add)

    assert stored is not None
    assert (stored.value, is_changed) == ({"changes": 1 + is_there}, True)
    assert stored.nonces == (f"nonce {1 + is_there}", "nonce 1")


def test_a_creation_is_known_after_others_wrote(cas: Cas, objects: TroubledObjects) -> None:
    objects.plan = [("PUT", Trouble.REPLY_LOST)]
    objects.before = [("GET", lambda: cas.swap(KEY, STRICT, cas.read(KEY, STRICT), add))]

    stored, is_changed = cas.swap(KEY, STRICT, None, add)

    assert stored is not None
    assert (stored.value, is_changed) == ({"changes": 2}, True)


def test_what_is_asked_for_patiently_ends(cas: Cas, objects: TroubledObjects) -> None:
    objects.plan = [("GET", Trouble.NOT_APPLIED)] * 100

    with pytest.raises(StoreUnavailable):
        cas.patiently(lambda: cas.read(KEY, STRICT))

    assert cas.clock.monotonic() <= cas.patience


@pytest.mark.parametrize("is_there", [False, True])
def test_a_question_about_stale_reads_leaves_nothing_behind(
    cas: Cas,
    bucket: MemoryObjects,
    objects: TroubledObjects,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_there: bool,
) -> None:
    seen = cas.swap(KEY, STRICT, None, add)[0] if is_there else None
    stale = objects.get(KEY) if is_there else None
    current, _ = cas.swap(KEY, STRICT, seen, add)
    get = objects.get

    def lagging(key: str) -> StoredObject:
        if key != KEY:
            return get(key)
        if stale is None:
            raise NoSuchObject
        return stale

    monkeypatch.setattr(objects, "get", lagging)
    with pytest.raises(StoreUnavailable, match="lags behind"):
        cas.swap(KEY, STRICT, seen, add)
    monkeypatch.undo()

    assert current is not None
    assert (objects.get(KEY).etag, list(bucket.held)) == (current.etag, [KEY])
