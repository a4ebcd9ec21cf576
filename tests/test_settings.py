"""Settings: each variable's default, and that all problems are named at once."""

from __future__ import annotations

import base64

import pytest

from videogen import settings
from videogen.errors import SettingsError
from videogen.settings import (
    BlackboxSettings,
    Model,
    PushSettings,
    S3Settings,
    Secret,
    Settings,
    SiteSettings,
)

SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
NEEDED = {
    "S3_BUCKET": "my-videos",
    "S3_REGION": "us-east-2",
    "S3_ACCESS_KEY_ID": "key-id",
    "S3_SECRET_ACCESS_KEY": "secret-key",
    "VIDEOGEN_SIGNING_SECRET": SECRET,
}


def test_what_is_not_set_has_its_default() -> None:
    assert settings.read(NEEDED) == Settings(
        s3=S3Settings(
            bucket="my-videos",
            region="us-east-2",
            access_key_id=Secret("key-id"),
            secret_access_key=Secret("secret-key"),
            endpoint_url=None,
            prefix="",
        ),
        site=SiteSettings(
            models=(Model("blackboxai/google/veo-3-fast"),),
            daily_limit=20,
            access_code=None,
            keep_days=30,
            simulated=False,
        ),
        signing_keys=(Secret(SECRET),),
    )


def test_everything_can_be_set() -> None:
    read = settings.read(
        {
            **NEEDED,
            "S3_ENDPOINT_URL": "https://s3.example/",
            "S3_PREFIX": "/videos/",
            "VIDEOGEN_SIGNING_SECRET": f"{SECRET} {SECRET}",
            "VIDEOGEN_DAILY_LIMIT": "0",
            "VIDEOGEN_ACCESS_CODE": "open sesame",
            "VIDEOGEN_KEEP_DAYS": "7",
            "VIDEOGEN_SIMULATED": "1",
            "VIDEOGEN_VIDEO_HOSTS": "Replicate.delivery, http://127.0.0.1:9000",
            "BLACKBOX_API_KEY": "api-key",
            "BLACKBOX_BASE_URL": "https://enterprise.blackbox.ai/",
            "BLACKBOX_IMAGE_MODE": "url",
            "BLACKBOX_MODELS": "blackboxai/google/veo-3=1.20, blackboxai/veo-3.1",
        },
        blackbox=True,
    )

    assert (read.s3.endpoint_url, read.s3.prefix) == ("https://s3.example", "videos/")
    assert read.signing_keys == (Secret(SECRET), Secret(SECRET))
    assert read.site == SiteSettings(
        models=(Model("blackboxai/google/veo-3", 1.2), Model("blackboxai/veo-3.1")),
        daily_limit=0,
        access_code=Secret("open sesame"),
        keep_days=7,
        simulated=True,
    )
    assert read.blackbox == BlackboxSettings(
        api_key=Secret("api-key"),
        base_url="https://enterprise.blackbox.ai",
        image_mode="url",
        video_hosts=("replicate.delivery", "http://127.0.0.1:9000"),
    )


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.read({"S3_BUCKET": " "}, blackbox=True)

    for name in (*NEEDED, "BLACKBOX_API_KEY"):
        assert f"{name} is not set: " in caught.value.detail


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("S3_BUCKET", "arn:aws:s3:::my-videos"),
        ("S3_BUCKET", "s3://my-videos/site"),
        ("S3_BUCKET", "https://my-videos.s3.us-east-2.amazonaws.com"),
        ("S3_BUCKET", "my videos"),
        ("S3_BUCKET", "my..videos"),
        ("S3_BUCKET", "ab"),
        ("S3_BUCKET", "vid\u00e9os"),
        ("S3_BUCKET", "<my-videos>"),
        ("S3_REGION", "US East (Ohio)"),
        ("S3_REGION", "us-east-2a"),
        ("S3_REGION", "auto"),
        ("S3_REGION", "us-east-2;"),
        ("S3_ENDPOINT_URL", "storage.local"),
        ("S3_ENDPOINT_URL", "https://s3.example:port"),
        ("S3_ENDPOINT_URL", "https://s3.example:70000"),
        ("S3_ENDPOINT_URL", "https://user:pw@s3.example.com"),
        ("S3_ENDPOINT_URL", "https://key@s3.example.com/path"),
        ("S3_ENDPOINT_URL", "https://s3.example.com?x=1"),
        ("S3_ENDPOINT_URL", "https://s3.example.com; script-src *"),
        ("S3_ENDPOINT_URL", "https://s3.exa mple.com"),
        ("S3_ENDPOINT_URL", "https://s3.example.com/my-videos"),
        ("S3_ENDPOINT_URL", "https://s3.example.com/my%2Dvideos/"),
        ("S3_ENDPOINT_URL", "https://s3.example.com/storage/my-videos"),
        ("S3_ENDPOINT_URL", "https://my-videos.s3.example.com"),
        ("S3_ENDPOINT_URL", "http://minio_1:9000"),
        ("S3_ENDPOINT_URL", "https://-s3.example.com"),
        ("S3_ENDPOINT_URL", "https://s3-.example.com"),
        ("S3_ENDPOINT_URL", f"https://{'a' * 64}.example.com"),
        ("S3_ENDPOINT_URL", "https://My-Videos.account.r2.cloudflarestorage.com"),
        ("S3_ACCESS_KEY_ID", "AKIA\u2026XYZ"),
        ("S3_ACCESS_KEY_ID", "AKIA/us-east-2"),
        ("S3_SECRET_ACCESS_KEY", "two words"),
        ("S3_SECRET_ACCESS_KEY", '"half quoted'),
        ("S3_SECRET_ACCESS_KEY", "k\u00e9y"),
        ("S3_PREFIX", "a//b"),
        ("S3_PREFIX", "a/../b"),
        ("S3_PREFIX", "s3://my-videos/a"),
        ("VIDEOGEN_SIGNING_SECRET", "whsec_c2hvcnQ="),
        ("VIDEOGEN_SIGNING_SECRET", base64.b64encode(bytes(32)).decode()),
        ("VIDEOGEN_SIGNING_SECRET", f"{SECRET} nonsense"),
        ("VIDEOGEN_DAILY_LIMIT", "-1"),
        ("VIDEOGEN_DAILY_LIMIT", "many"),
        ("VIDEOGEN_DAILY_LIMIT", "\uff12\uff10"),
        ("VIDEOGEN_KEEP_DAYS", "0.5"),
        ("VIDEOGEN_KEEP_DAYS", "400000"),
        ("VIDEOGEN_KEEP_DAYS", "none"),
        ("VIDEOGEN_ACCESS_CODE", "s\u00e9same"),
        ("VIDEOGEN_VIDEO_HOSTS", "replicate.delivery/videos"),
        ("VIDEOGEN_VIDEO_HOSTS", "http://127.0.0.1:9000/videos"),
        ("VIDEOGEN_VIDEO_HOSTS", "localhost"),
        ("VIDEOGEN_VIDEO_HOSTS", "http://fal.media"),
        ("VIDEOGEN_VIDEO_HOSTS", "https://[:::::]"),
        ("VIDEOGEN_PAUSED", "1"),
        ("VIDEOGEN_PAUSED", "TRUE"),
        ("S3_ENDPOINT_URL", "http://[1.2.3.4]:9000"),
        ("BLACKBOX_BASE_URL", "https://[::1"),
        ("VIDEOGEN_JOB_MINUTES", "9"),
        ("VIDEOGEN_JOB_MINUTES", "17"),
        ("VIDEOGEN_QUEUE_URL", "arn:aws:sqs:us-east-2:123456789012:videogen"),
        ("VIDEOGEN_QUEUE_URL", "http://sqs.us-east-2.amazonaws.com/123456789012/videogen"),
        ("VIDEOGEN_VAPID_PUBLIC_KEY", "c2hvcnQ"),
        ("BLACKBOX_API_KEY", "sk-two words"),
        ("BLACKBOX_API_KEY", "sk-\u2026abc"),
        ("BLACKBOX_API_KEY", "sk-...abc"),
        ("BLACKBOX_API_KEY", "sk\u2013abc"),
        ("BLACKBOX_API_KEY", '"sk-abc'),
        ("BLACKBOX_API_KEY", "sk-abc,"),
        ("BLACKBOX_API_KEY", "sk-a\nbc"),
        ("BLACKBOX_API_KEY", "sk-\udcff"),
        ("BLACKBOX_BASE_URL", "ftp://api.blackbox.ai"),
        ("BLACKBOX_BASE_URL", "http://api.blackbox.ai"),
        ("BLACKBOX_BASE_URL", "http://127.0.0.1.example.com"),
        ("BLACKBOX_BASE_URL", "https://user:pw@api.blackbox.ai"),
        ("BLACKBOX_BASE_URL", "enterprise.blackbox.ai"),
        ("BLACKBOX_IMAGE_MODE", "fax"),
        ("BLACKBOX_MODELS", "google/veo-9"),
        ("BLACKBOX_MODELS", "blackboxai/google/veo-3=cheap"),
        ("BLACKBOX_MODELS", "blackboxai/google/veo-3=0,80"),
        ("BLACKBOX_MODELS", "blackboxai/google/veo-3=€0.80"),
        ("BLACKBOX_MODELS", "blackboxai/google/veo-3=1,blackboxai/google/veo-3=2"),
        ("BLACKBOX_VIDEO_PARAMETERS", "duration: 8"),
        ("BLACKBOX_VIDEO_PARAMETERS", "[8]"),
        ("BLACKBOX_VIDEO_PARAMETERS", '{"duration": NaN}'),
        ("BLACKBOX_VIDEO_PARAMETERS", '{"duration": 1e999}'),
        ("BLACKBOX_VIDEO_PARAMETERS", '{"model": "cheaper"}'),
        ("BLACKBOX_VIDEO_PARAMETERS", '{"messages": []}'),
        ("BLACKBOX_VIDEO_PARAMETERS", '{"style": "\\ud800"}'),
        ("BLACKBOX_VIDEO_PARAMETERS", "[" * 100_000),
    ],
    ids=lambda text: text[:40].encode("ascii", "backslashreplace").decode(),
)
def test_a_malformed_variable_is_named_with_its_form(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings.read({**NEEDED, "BLACKBOX_API_KEY": "api-key", name: value}, blackbox=True)

    (problem,) = caught.value.problems
    assert problem.startswith(f"{name} is ")
    assert ": " in problem
    assert value not in problem


INVISIBLE = ("\ufeff", "\u200b", "\u200d", "\u2060", "\u00ad", "\u202e", "\x00", "\u3164", "\ufe0f", "\u2800")
WRAPPINGS = (
    "{}",
    " {} ",
    "\u00a0{}\u2003",
    "{}\r\n",
    '"{}"',
    "'{}'",
    "`{}`",
    "\u201c{}\u201d",
    "\u2018{}\u2019",
    "\u201e{}\u201c",
    "\u00ab {} \u00bb",
    "\"'{}'\"",
    *(f"{mark}{{}}{mark}" for mark in INVISIBLE),
    '\ufeff"\u200b{}"',
)
EVERYTHING = {
    **NEEDED,
    "S3_ENDPOINT_URL": "https://s3.example",
    "S3_PREFIX": "site",
    "VIDEOGEN_DAILY_LIMIT": "7",
    "VIDEOGEN_ACCESS_CODE": "open sesame",
    "VIDEOGEN_PAUSED": "Back at noon.",
    "VIDEOGEN_VIDEO_HOSTS": "replicate.delivery",
    "VIDEOGEN_KEEP_DAYS": "8",
    "VIDEOGEN_JOB_MINUTES": "12",
    "VIDEOGEN_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/123456789012/videogen",
    "VIDEOGEN_QUEUE_ACCESS_KEY_ID": "queue-id",
    "VIDEOGEN_QUEUE_SECRET_ACCESS_KEY": "queue-key",
    "BLACKBOX_API_KEY": "sk-abc",
    "BLACKBOX_BASE_URL": "https://enterprise.blackbox.ai",
    "BLACKBOX_MODELS": "blackboxai/google/veo-3=1.20",
    "BLACKBOX_IMAGE_MODE": "url",
    "BLACKBOX_VIDEO_PARAMETERS": '{"duration": 8}',
}


@pytest.mark.parametrize("wrapping", WRAPPINGS, ids=ascii)
def test_what_a_paste_brings_along_is_taken_off(wrapping: str) -> None:
    plain = settings.read(EVERYTHING, blackbox=True)

    for name, value in EVERYTHING.items():
        for written in (wrapping.format(value), f"{name}={wrapping.format(value)}", f"export {name}={value}"):
            assert settings.read({**EVERYTHING, name: written}, blackbox=True) == plain, name


def test_an_invisible_character_inside_a_value_is_taken_out() -> None:
    for mark in INVISIBLE:
        read = settings.read({**EVERYTHING, "BLACKBOX_API_KEY": f"sk-{mark}abc"}, blackbox=True)
        assert read.blackbox is not None
        assert read.blackbox.api_key == Secret("sk-abc")


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("S3_BUCKET", "s3://my-videos", "my-videos"),
        ("S3_BUCKET", "S3://my-videos/", "my-videos"),
        ("S3_BUCKET", "my-videos//", "my-videos"),
        ("S3_ENDPOINT_URL", "HTTPS://S3.Example.com/", "https://s3.example.com"),
        ("S3_ENDPOINT_URL", "https://s3.example.com/storage/v1/s3/", "https://s3.example.com/storage/v1/s3"),
        ("S3_PREFIX", "/site/", "site"),
        ("BLACKBOX_API_KEY", "Bearer sk-abc", "sk-abc"),
        ("BLACKBOX_API_KEY", "bearer  sk-abc", "sk-abc"),
        ("BLACKBOX_API_KEY", "Authorization: Bearer sk-abc", "sk-abc"),
        ("BLACKBOX_API_KEY", 'Bearer "sk-abc"', "sk-abc"),
        ("BLACKBOX_BASE_URL", "https://api.blackbox.ai/chat/completions", "https://api.blackbox.ai"),
        ("BLACKBOX_BASE_URL", "https://api.blackbox.ai/chat/completions/", "https://api.blackbox.ai"),
        ("BLACKBOX_BASE_URL", "https://api.blackbox.ai/v1/chat/completions", "https://api.blackbox.ai/v1"),
        ("BLACKBOX_IMAGE_MODE", "Field", "field"),
        ("VIDEOGEN_DAILY_LIMIT", "none", "0"),
        ("VIDEOGEN_DAILY_LIMIT", "None", "0"),
        ("VIDEOGEN_VIDEO_HOSTS", "*.fal.media, .replicate.delivery", "fal.media,replicate.delivery"),
        ("VIDEOGEN_VIDEO_HOSTS", "https://Fal.media/", "fal.media"),
        ("VIDEOGEN_VIDEO_HOSTS", "https://*.fal.media:443", "fal.media"),
        ("VIDEOGEN_PAUSED", "false", ""),
        ("VIDEOGEN_PAUSED", "Off", ""),
        ("VIDEOGEN_PAUSED", '"0"', ""),
        ("VIDEOGEN_SIGNING_SECRET", f"'{SECRET}' '{SECRET}'", f"{SECRET} {SECRET}"),
        ("VIDEOGEN_SIGNING_SECRET", f"{SECRET},\n{SECRET}", f"{SECRET} {SECRET}"),
        ("VIDEOGEN_SIGNING_SECRET", f"{SECRET}\uff0c{SECRET}", f"{SECRET} {SECRET}"),
        ("S3_BUCKET", "S3_BUCKET = my-videos", "my-videos"),
        ("S3_BUCKET", 's3_bucket: "my-videos"', "my-videos"),
        ("S3_BUCKET", "set S3_BUCKET=my-videos", "my-videos"),
        ("S3_SECRET_ACCESS_KEY", "aws_secret_access_key = abc=", "abc="),
        ("S3_ACCESS_KEY_ID", "aws_access_key_id = AKIAXYZ", "AKIAXYZ"),
        ("S3_REGION", "US-EAST-2", "us-east-2"),
        ("BLACKBOX_BASE_URL", "https://api.blackbox.ai//Chat/Completions", "https://api.blackbox.ai"),
        ("BLACKBOX_MODELS", "blackboxai/a\r\nblackboxai/b = $0.80,\n", "blackboxai/a,blackboxai/b=0.80"),
        ("BLACKBOX_MODELS", "blackboxai/a\uff0cblackboxai/b\u3001blackboxai/a;", "blackboxai/a,blackboxai/b"),
        ("VIDEOGEN_VIDEO_HOSTS", "fal.media\uff1breplicate.delivery", "fal.media,replicate.delivery"),
    ],
    ids=lambda text: text[:40].encode("ascii", "backslashreplace").decode(),
)
def test_what_is_plainly_meant_is_taken(name: str, written: str, meant: str) -> None:
    read = settings.read({**NEEDED, "BLACKBOX_API_KEY": "sk", name: written}, blackbox=True)

    assert read == settings.read({**NEEDED, "BLACKBOX_API_KEY": "sk", name: meant}, blackbox=True)


@pytest.mark.parametrize(
    ("endpoint", "bucket"),
    [
        ("https://s3.example.com/storage/v1/s3", "my-videos"),
        ("http://minio:9000", "minio"),
        ("https://my-videos-store.example.com", "my-videos"),
        ("https://s3.example.com/my-videos/gateway", "my-videos"),
        ("http://[::1]:9000", "my-videos"),
    ],
)
def test_an_endpoint_that_does_not_name_the_bucket_is_taken(endpoint: str, bucket: str) -> None:
    read = settings.read({**NEEDED, "S3_ENDPOINT_URL": endpoint, "S3_BUCKET": bucket})

    assert (read.s3.endpoint_url, read.s3.bucket) == (endpoint, bucket)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:9000", "localhost:9000", "[::1]:9000", "api.localhost", "127.8.8.8"]
)
def test_the_key_travels_in_clear_on_loopback_alone(host: str) -> None:
    read = settings.read(
        {**NEEDED, "BLACKBOX_API_KEY": "sk", "BLACKBOX_BASE_URL": f"http://{host}"}, blackbox=True
    )

    assert read.blackbox is not None
    assert read.blackbox.base_url == f"http://{host}"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://My-Videos.Netlify.App", "https://my-videos.netlify.app"),
        ("https://my-videos.netlify.app:443/index.html", "https://my-videos.netlify.app"),
        ("http://videos.example:80/", "http://videos.example"),
        ("http://videos.example:8080/", "http://videos.example:8080"),
        ("my-videos.netlify.app", "https://my-videos.netlify.app"),
        ("localhost:8888", "http://localhost:8888"),
        ("[::1]:8888", "http://[::1]:8888"),
        ("https://[::1", ""),
        ("ftp://my-videos.netlify.app", ""),
        ("my videos", ""),
        ("", ""),
    ],
)
def test_a_site_is_named_as_browsers_write_its_origin(written: str, address: str) -> None:
    assert settings.site_address(written) == address


def test_a_sentence_keeps_what_its_script_needs() -> None:
    persian = "\u0645\u06cc\u200c\u0622\u06cc\u06cc\u0645"

    assert settings.read({**NEEDED, "VIDEOGEN_PAUSED": f"\ufeff {persian}\n"}).site.paused == persian


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("AUTO", "auto"),
        ("Auto", "auto"),
        ("US-EAST-1", "us-east-1"),
        ("us-Gov-West-1", "us-gov-west-1"),
        ("RegionOne", "RegionOne"),
        ("Garage", "Garage"),
        ("GRA", "GRA"),
    ],
)
def test_a_region_that_is_known_is_lower_case_at_any_store(written: str, region: str) -> None:
    """The others are what a store's operator calls them."""
    at_a_store = {
        "S3_ENDPOINT_URL": "https://s3.example.com",
        "VIDEOGEN_QUEUE_URL": "https://q.example.com/v",
    }
    found = settings.read({**NEEDED, **at_a_store, "S3_REGION": written, "VIDEOGEN_QUEUE_REGION": written})

    assert found.queue is not None
    assert (found.s3.region, found.queue.region) == (region, region)


@pytest.mark.parametrize(
    ("variables", "region", "key_id"),
    [
        ({}, "us-west-2", "key-id"),
        ({"VIDEOGEN_QUEUE_REGION": "eu-west-1"}, "eu-west-1", "key-id"),
        ({"VIDEOGEN_QUEUE_URL": "https://queue.example.com/videogen"}, "us-east-2", "key-id"),
        (
            {"VIDEOGEN_QUEUE_ACCESS_KEY_ID": "other", "VIDEOGEN_QUEUE_SECRET_ACCESS_KEY": "key"},
            "us-west-2",
            "other",
        ),
    ],
)
def test_the_queue_has_its_own_region_and_keys(variables: dict[str, str], region: str, key_id: str) -> None:
    url = "https://sqs.us-west-2.amazonaws.com/123456789012/videogen.fifo"

    queue = settings.read({**NEEDED, "VIDEOGEN_QUEUE_URL": url, **variables}).queue

    assert queue is not None
    assert (queue.region, queue.access_key_id) == (region, Secret(key_id))


def test_half_an_access_key_of_the_queue_is_named() -> None:
    environ = {**NEEDED, "VIDEOGEN_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/1/v"}

    with pytest.raises(SettingsError, match=r"^VIDEOGEN_QUEUE_SECRET_ACCESS_KEY is not set: "):
        settings.read({**environ, "VIDEOGEN_QUEUE_ACCESS_KEY_ID": "id"})


def test_a_job_may_take_two_hours_where_a_queue_hands_it_out() -> None:
    environ = {**NEEDED, "VIDEOGEN_JOB_MINUTES": "120"}
    queue = {"VIDEOGEN_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/1/v"}

    assert settings.read({**environ, **queue}).site.job_minutes == 120
    with pytest.raises(SettingsError, match=r"^VIDEOGEN_JOB_MINUTES is not a whole number from 10 to 16: "):
        settings.read(environ)


PUBLIC_KEY = base64.urlsafe_b64encode(b"\4" + bytes(64)).decode().rstrip("=")
PRIVATE_KEY = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")


def test_the_keys_of_web_push_are_read_apart() -> None:
    keys = {"VIDEOGEN_VAPID_PUBLIC_KEY": PUBLIC_KEY, "VIDEOGEN_VAPID_PRIVATE_KEY": f"{PRIVATE_KEY}="}

    assert settings.read_push({}) is None
    assert settings.read_push(keys) == PushSettings(PUBLIC_KEY, Secret(PRIVATE_KEY))
    told = settings.read_push({**keys, "VIDEOGEN_VAPID_SUBJECT": "you@example.com"})
    assert told == PushSettings(PUBLIC_KEY, Secret(PRIVATE_KEY), "mailto:you@example.com")
    assert settings.read({**NEEDED, **keys}).site.push_public_key == PUBLIC_KEY
    with pytest.raises(SettingsError, match=r"^VIDEOGEN_VAPID_PRIVATE_KEY is not set: "):
        settings.read_push({"VIDEOGEN_VAPID_PUBLIC_KEY": PUBLIC_KEY})
    with pytest.raises(SettingsError, match=r"^VIDEOGEN_VAPID_SUBJECT is malformed: "):
        settings.read_push({**keys, "VIDEOGEN_VAPID_SUBJECT": "you at example.com"})


def test_a_build_needs_no_secret_and_refuses_a_malformed_one() -> None:
    site, s3 = settings.read_for_build({"S3_BUCKET": "my-videos", "S3_REGION": "us-east-2"})

    assert (site, s3.bucket) == (SiteSettings(), "my-videos")
    with pytest.raises(SettingsError, match=r"^S3_SECRET_ACCESS_KEY is malformed: "):
        settings.read_for_build({"S3_SECRET_ACCESS_KEY": "two words"})


def test_secrets_do_not_show() -> None:
    read = settings.read(
        {**NEEDED, "VIDEOGEN_ACCESS_CODE": "open sesame", "BLACKBOX_API_KEY": "k3y"}, blackbox=True
    )

    for secret in ("key-id", "secret-key", SECRET, "open sesame", "k3y"):
        assert secret not in repr(read)
        assert secret not in str(read)


@pytest.mark.parametrize("text", ["", "whsec_", "secret", "x whsec_AAAA", "whsec_?", "whsec_A", "whsec_ä"])
def test_a_malformed_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"secret is base64|base64 data|base64-encoded|padding|ASCII"):
        settings.key_bytes(Secret(text))
