"""Settings: each variable's default, and that all problems are named at once."""

from __future__ import annotations

import base64

import pytest

from videogen import settings
from videogen.errors import SettingsError
from videogen.settings import BlackboxSettings, Model, S3Settings, Secret, Settings, SiteSettings

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
        ("S3_ENDPOINT_URL", "storage.local"),
        ("S3_ENDPOINT_URL", "https://s3.example:port"),
        ("VIDEOGEN_SIGNING_SECRET", "whsec_c2hvcnQ="),
        ("VIDEOGEN_SIGNING_SECRET", base64.b64encode(bytes(32)).decode()),
        ("VIDEOGEN_SIGNING_SECRET", f"{SECRET} nonsense"),
        ("VIDEOGEN_DAILY_LIMIT", "-1"),
        ("VIDEOGEN_DAILY_LIMIT", "many"),
        ("VIDEOGEN_KEEP_DAYS", "0.5"),
        ("VIDEOGEN_ACCESS_CODE", "s\u00e9same"),
        ("VIDEOGEN_VIDEO_HOSTS", "replicate.delivery/videos"),
        ("VIDEOGEN_VIDEO_HOSTS", "http://127.0.0.1:9000/videos"),
        ("BLACKBOX_BASE_URL", "ftp://api.blackbox.ai"),
        ("BLACKBOX_IMAGE_MODE", "fax"),
        ("BLACKBOX_MODELS", "google/veo-9"),
        ("BLACKBOX_MODELS", "blackboxai/google/veo-3=cheap"),
    ],
)
def test_a_malformed_variable_is_named_with_its_remedy_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings.read({**NEEDED, "BLACKBOX_API_KEY": "api-key", name: value}, blackbox=True)

    assert caught.value.detail.startswith(f"{name} is ")
    assert ": " in caught.value.detail
    assert value not in caught.value.detail


def test_secrets_do_not_show() -> None:
    read = settings.read(
        {**NEEDED, "VIDEOGEN_ACCESS_CODE": "open sesame", "BLACKBOX_API_KEY": "k3y"}, blackbox=True
    )

    for secret in ("key-id", "secret-key", SECRET, "open sesame", "k3y"):
        assert secret not in repr(read)
        assert secret not in str(read)
