"""What the build writes for the page."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from videogen import page_config
from videogen.errors import SettingsError
from videogen.objects import S3Objects
from videogen.settings import read_for_build

AWS = {"S3_BUCKET": "my-videos", "S3_REGION": "eu-west-1"}


def test_config_json_tells_the_page_what_it_may_know_and_no_secret() -> None:
    described = page_config.describe(
        {**AWS, "VIDEOGEN_ACCESS_CODE": "open sesame", "BLACKBOX_MODELS": "blackboxai/google/veo-3=0.8"}
    )

    assert described["files"] == {
        "config.json": {
            "simulated": False,
            "accessCodeNeeded": True,
            "models": [{"id": "blackboxai/google/veo-3", "price": 0.8}],
            "dailyLimit": 20,
            "keepDays": 30,
            "pushKey": None,
            "limits": {
                "photos": 4,
                "photoBytes": 4_000_000,
                "promptCharacters": 2000,
                "bodyBytes": 5_500_000,
            },
        }
    }
    assert "open sesame" not in json.dumps(described)


@pytest.mark.parametrize(
    ("environ", "origin"),
    [
        (AWS, "https://my-videos.s3.eu-west-1.amazonaws.com"),
        ({**AWS, "S3_REGION": "us-east-1"}, "https://my-videos.s3.amazonaws.com"),
        ({**AWS, "S3_ENDPOINT_URL": "http://127.0.0.1:9000/path"}, "http://127.0.0.1:9000"),
        ({}, None),
    ],
)
def test_the_policy_names_the_origin_that_presigned_links_point_to(
    environ: dict[str, str], origin: str | None
) -> None:
    assert page_config.bucket_origin(read_for_build(environ)[1]) == origin


def test_the_origin_is_the_one_that_boto3_presigns_for() -> None:
    for environ in (
        AWS,
        {**AWS, "S3_REGION": "us-east-1"},
        {**AWS, "S3_ENDPOINT_URL": "http://127.0.0.1:9000"},
    ):
        _, s3 = read_for_build({**environ, "S3_ACCESS_KEY_ID": "key-id", "S3_SECRET_ACCESS_KEY": "secret"})
        link = S3Objects(s3).presign(
            "videos/a/1.mp4", seconds=60, content_type="video/mp4", disposition="inline"
        )
        assert link.startswith(f"{page_config.bucket_origin(s3)}/")


def test_the_policy_allows_the_site_and_the_bucket_and_nothing_else() -> None:
    assert page_config.content_security_policy("https://b.s3.amazonaws.com") == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "media-src 'self' blob: https://b.s3.amazonaws.com; connect-src 'self' https://b.s3.amazonaws.com; "
        "worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BLACKBOX_API_KEY", "sk-a b"),
        ("S3_BUCKET", "arn:aws:s3:::my-videos"),
        ("S3_ENDPOINT_URL", "https://user:pw@s3.example.com"),
        ("VIDEOGEN_SIGNING_SECRET", "whsec_short"),
        ("BLACKBOX_VIDEO_PARAMETERS", '{"model": "cheaper"}'),
        ("VIDEOGEN_VAPID_PRIVATE_KEY", "short"),
    ],
)
def test_a_build_refuses_what_the_functions_would(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} "):
        page_config.describe({**AWS, name: value})


def test_the_program_needs_the_standard_library_only_and_names_a_malformed_variable() -> None:
    command = [sys.executable, "-S", "-m", "videogen.page_config"]
    environ = {"PYTHONPATH": str(Path(page_config.__file__).parent.parent), **AWS}

    good = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    bad = subprocess.run(
        command, env={**environ, "VIDEOGEN_KEEP_DAYS": "x"}, capture_output=True, text=True, check=False
    )

    assert json.loads(good.stdout) == page_config.describe(AWS)
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr.startswith("VIDEOGEN_KEEP_DAYS is not a whole number")
