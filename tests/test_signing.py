"""Signed calls, owner tokens and job ids."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from videogen import signing
from videogen.settings import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = Secret("whsec_" + base64.b64encode(bytes(range(32))).decode())
NEW = Secret("whsec_" + base64.b64encode(bytes(range(32, 64))).decode())
BODY = b'{"jobId":"AAAAAAAAAAAAAAAAAAAAAA"}'
NOW = 1_800_000_000
# The example that the reference libraries test themselves with.
VECTOR_KEY = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


def signed(keys: tuple[Secret, ...] = (NEW,), timestamp: int = NOW) -> dict[str, str]:
    return signing.sign(keys, "msg_1", timestamp, BODY)


def reason(headers: dict[str, str], keys: tuple[Secret, ...] = (NEW,), body: bytes = BODY) -> str:
    with pytest.raises(signing.SignatureError) as caught:
        signing.verify(keys, headers, body, now=NOW)
    return str(caught.value)


def test_a_known_vector_gives_the_published_signature() -> None:
    headers = signing.sign([VECTOR_KEY], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_published_library_accepts_what_we_sign() -> None:
    headers = signing.sign([NEW], "msg_1", int(time.time()), BODY)
    assert Webhook(NEW.reveal()).verify(BODY, headers) == {"jobId": "A" * 22}
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD.reveal()).verify(BODY, headers)


def test_we_accept_what_the_published_library_signs() -> None:
    signature = Webhook(NEW.reveal()).sign("msg_1", datetime.fromtimestamp(NOW, UTC), BODY.decode())
    headers = {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(NOW), "Webhook-Signature": signature}
    signing.verify([NEW], headers, BODY, now=NOW)
    assert reason(headers, keys=(OLD,)) == "no signature matches"


def test_while_secrets_are_rotated_the_first_signs_and_any_verifies() -> None:
    assert signed((NEW, OLD)) == signed((NEW,))
    signing.verify([NEW, OLD], signed((OLD,)), BODY, now=NOW)
    assert reason(signed((OLD,)), keys=(NEW,)) == "no signature matches"


def test_one_right_entry_among_several_is_enough() -> None:
    right = signed()["webhook-signature"]
    headers = signed() | {"webhook-signature": f"v1a,xxxx junk v1, {right} v1,AAAA"}
    signing.verify([NEW], headers, BODY, now=NOW)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"webhook-id": ""}, "the request is not signed"),
        ({"webhook-timestamp": ""}, "the request is not signed"),
        ({"webhook-signature": ""}, "the request is not signed"),
        ({"webhook-id": "msg_2"}, "no signature matches"),
        ({"webhook-id": "msg.1"}, "webhook-id is malformed"),
        ({"webhook-id": "msg 1"}, "webhook-id is malformed"),
        ({"webhook-id": "m" * 257}, "webhook-id is malformed"),
        ({"webhook-timestamp": str(NOW - 1)}, "no signature matches"),
        ({"webhook-timestamp": "1.8e9"}, "webhook-timestamp is malformed"),
        ({"webhook-timestamp": "-1"}, "webhook-timestamp is malformed"),
        ({"webhook-timestamp": "١٨٠٠٠٠٠٠٠٠"}, "webhook-timestamp is malformed"),
        ({"webhook-timestamp": "9" * 12}, "webhook-timestamp is malformed"),
        ({"webhook-signature": "v1,"}, "no signature matches"),
        ({"webhook-signature": "v2," + signed()["webhook-signature"][3:]}, "no signature matches"),
        ({"webhook-signature": signed()["webhook-signature"][3:]}, "no signature matches"),
        ({"webhook-signature": signed()["webhook-signature"][:-1]}, "no signature matches"),
        ({"webhook-signature": "v1,\N{SNOWMAN}\ud800"}, "no signature matches"),
    ],
)
def test_a_bad_request_is_refused_with_its_reason(changed: dict[str, str], why: str) -> None:
    assert reason(signed() | changed) == why


def test_headers_that_are_not_there_are_no_signature() -> None:
    assert reason({}) == "the request is not signed"


def test_another_body_is_refused() -> None:
    assert reason(signed(), body=BODY + b" ") == "no signature matches"


def test_bytes_cannot_be_moved_between_the_signed_parts() -> None:
    headers = signing.sign([NEW], "a", NOW, f"{NOW}.x".encode())
    assert reason(headers | {"webhook-id": f"a.{NOW}"}, body=b"x") == "webhook-id is malformed"
    with pytest.raises(ValueError, match="without a dot"):
        signing.sign([NEW], f"a.{NOW}", NOW, b"x")


@pytest.mark.parametrize(
    ("age", "why"),
    [
        (0, None),
        (1200, None),
        (1201, "the signature is too old"),
        (-300, None),
        (-301, "the signature is from the future"),
    ],
)
def test_a_signature_counts_for_twenty_minutes(age: int, why: str | None) -> None:
    headers = signed(timestamp=NOW - age)
    if why is None:
        signing.verify([NEW], headers, BODY, now=NOW)
    else:
        assert reason(headers) == why


HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
ANYTHING = st.dictionaries(
    st.one_of(st.sampled_from([*HEADERS, "Webhook-Id", "WEBHOOK-SIGNATURE"]), st.text()),
    st.one_of(st.text(), st.sampled_from([str(NOW), "msg_1", signed()["webhook-signature"]])),
)


@given(
    headers=ANYTHING,
    body=st.binary(),
    now=st.floats(),
    tolerance=st.floats(),
    keys=st.lists(st.sampled_from([NEW, OLD, VECTOR_KEY]), unique=True),
)
def test_whatever_is_verified_it_is_signed_or_a_signature_error(
    headers: dict[str, str], body: bytes, now: float, tolerance: float, keys: list[Secret]
) -> None:
    with pytest.raises(signing.SignatureError):
        signing.verify(keys, headers, body, now=now, tolerance_seconds=tolerance)


@given(
    signed_id=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="."), min_size=1),
    body=st.binary(),
    changes=ANYTHING,
    other_body=st.none() | st.binary(),
    age=st.integers(-600, 2400),
)
def test_a_signed_message_passes_as_it_stands_and_in_no_other_way(
    signed_id: str, body: bytes, changes: dict[str, str], other_body: bytes | None, age: int
) -> None:
    sent = signing.sign([NEW], signed_id[:256], NOW - age, body)
    # As a reader takes them: names in any case, the last one counts.
    got = {name.lower(): value for name, value in (sent | changes).items()}
    is_intact = (
        all(got[name] == sent[name] for name in HEADERS)
        and other_body in {None, body}
        and -signing.CLOCK_SKEW_SECONDS <= age <= signing.TOLERANCE_SECONDS
    )

    def verify() -> None:
        signing.verify([OLD, NEW], sent | changes, body if other_body is None else other_body, now=NOW)

    if is_intact:
        verify()
    else:
        with pytest.raises(signing.SignatureError):
            verify()


def accepts(verify: Callable[[], object]) -> bool:
    """Whether a message is taken. The published library falls over at some that it should refuse."""
    try:
        verify()
    except (signing.SignatureError, WebhookVerificationError, ValueError):
        return False
    return True


@st.composite
def messages(draw: st.DrawFn) -> tuple[dict[str, str], str]:
    """Return a well-formed message far from both limits of age: as it was signed, or with one thing wrong."""
    text = st.text(st.characters(exclude_categories=["Cs"]))
    ids = st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="."), min_size=1, max_size=256
    )
    near = st.integers(-200, 200)
    ages = st.one_of(near, near, near, st.integers(-900, -400), st.integers(400, 900))
    message_id, age, body = draw(ids), draw(ages), draw(text)
    key = draw(st.sampled_from([NEW, NEW, NEW, OLD]))
    headers = signing.sign([key], message_id, int(time.time()) - age, body.encode())
    right = headers["webhook-signature"]
    digest = base64.b64decode(right.removeprefix("v1,"))
    flipped = bytes([digest[0] ^ draw(st.integers(1, 255))]) + digest[1:]
    wrong = [f"v1,{base64.b64encode(one).decode()}" for one in (flipped, digest[:-1], bytes(32))]
    others = [right.replace("v1,", "v2,"), right.replace("v1,", "v1a,"), *wrong]
    entries = draw(st.lists(st.sampled_from([right, right, right, *others]), min_size=1, max_size=4))
    headers["webhook-signature"] = " ".join(entries)
    match draw(
        st.sampled_from(
            ["as it is", "as it is", "other id", "other time", "other body", "left out", "capitals"]
        )
    ):
        case "other id":
            headers["webhook-id"] = draw(ids)
        case "other time":
            headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + draw(st.integers(-9, 9)))
        case "other body":
            body = draw(text)
        case "left out":
            del headers[draw(st.sampled_from(HEADERS))]
        case "capitals":
            headers = {name.title(): value for name, value in headers.items()}
    return headers, body


@given(messages())
def test_the_published_library_and_we_take_the_same_messages(message: tuple[dict[str, str], str]) -> None:
    headers, body = message
    theirs = accepts(lambda: Webhook(NEW.reveal()).verify(body, headers, json_parse=False))
    ours = accepts(
        lambda: signing.verify([NEW], headers, body.encode(), now=time.time(), tolerance_seconds=300)
    )

    event(f"taken: {ours}")
    assert ours == theirs


@example("\r", "webhook-signature", 0)
@given(st.text(st.characters(exclude_characters=" ")), st.sampled_from(HEADERS), st.integers(0, 3))
def test_what_we_take_the_published_library_takes(text: str, name: str, place: int) -> None:
    """It is more lenient, with fractions of seconds and junk in base64, but falls over a malformed entry."""
    headers = signing.sign([NEW], "msg_1", int(time.time()), BODY)
    value = headers[name]
    headers[name] = value[:place] + text + value[place:]

    if accepts(lambda: signing.verify([NEW], headers, BODY, now=time.time())):
        Webhook(NEW.reveal()).verify(BODY, headers)


def test_an_owner_token_belongs_to_one_job_and_outlives_a_rotation() -> None:
    job, other = signing.new_job_id(lambda n: b"\x01" * n), signing.new_job_id(lambda n: b"\x02" * n)
    token = signing.owner_token(OLD, job)
    assert len(token) == 43
    assert signing.check_owner_token([NEW, OLD], job, token)
    assert not signing.check_owner_token([NEW], job, token)
    assert not signing.check_owner_token([NEW, OLD], other, token)


@pytest.mark.parametrize("token", ["", "x", "\N{SNOWMAN}\ud800", "A" * 43])
@pytest.mark.parametrize("job_id", ["A" * 22, "", "\ud800"])
def test_a_token_that_was_made_up_opens_nothing(job_id: str, token: str) -> None:
    assert not signing.check_owner_token([NEW], job_id, token)


def test_one_use_of_a_secret_gives_nothing_for_another() -> None:
    text = "A" * 22
    raw = base64.urlsafe_b64decode(signing.owner_token(NEW, text) + "=")
    webhook = base64.b64decode(signing.sign([NEW], "m", NOW, text.encode())["webhook-signature"][3:])
    id_bytes = base64.urlsafe_b64decode(signing.job_id_for(NEW, text) + "==")
    assert len({raw[:16], webhook[:16], id_bytes}) == 3


def test_an_idempotency_key_names_one_job_per_site() -> None:
    first = signing.job_id_for(NEW, "double-click-0001")
    assert first == signing.job_id_for(NEW, "double-click-0001")
    assert (
        len(
            {
                first,
                signing.job_id_for(NEW, "double-click-0002"),
                signing.job_id_for(OLD, "double-click-0001"),
            }
        )
        == 3
    )
    assert signing.is_job_id(first)


@given(st.binary(min_size=16, max_size=16))
def test_a_new_id_is_22_characters_and_carries_all_bits(raw: bytes) -> None:
    job_id = signing.new_job_id(lambda n: raw[:n])
    assert signing.is_job_id(job_id)
    assert base64.urlsafe_b64decode(job_id + "==") == raw


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A" * 21,
        "A" * 23,
        "A" * 21 + "B",
        "A" * 21 + "\n",
        "A" * 22 + "\n",
        "../" + "A" * 19,
        "Ä" * 22,
        "+" * 22,
    ],
)
def test_what_is_not_a_job_id(text: str) -> None:
    assert not signing.is_job_id(text)


def test_importing_it_is_cheap() -> None:
    program = "import sys, videogen.signing; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"httpx", "PIL", "pydantic", "boto3", "ssl", "socket"} & set(loaded)
