"""What the build writes for the page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import boto3
import pytest
from botocore.config import Config
from PIL import Image

from videogen import page_config
from videogen.botocore_data import domain_of
from videogen.errors import SettingsError
from videogen.objects import S3Objects
from videogen.settings import S3Settings, Secret, read_for_build

PUBLIC = Path(__file__).resolve().parent.parent / "public"
PAGE = (PUBLIC / "index.html").read_text(encoding="utf-8")
AWS = {"S3_BUCKET": "my-videos", "S3_REGION": "eu-west-1"}


def test_config_json_tells_the_page_what_it_may_know_and_no_secret() -> None:
    described = page_config.describe(
        {**AWS, "VIDEOGEN_ACCESS_CODE": "open sesame", "BLACKBOX_MODELS": "blackboxai/google/veo-3=0.8"},
        now=0,
    )

    assert described["files"] == {
        "config.json": {
            "simulated": False,
            "paused": "",
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


SESSION = boto3.session.Session()
REGIONS = [
    region
    for partition in SESSION.get_available_partitions()
    for region in SESSION.get_available_regions("s3", partition)
]


def boto3_link(s3: S3Settings) -> SplitResult:
    """Return a link that boto3 makes by its own rules."""
    is_by_path = s3.endpoint_url is not None or "." in s3.bucket
    client = SESSION.client(
        "s3",
        region_name=s3.region,
        endpoint_url=s3.endpoint_url,
        aws_access_key_id="id",
        aws_secret_access_key="secret",
        # Left to itself, boto3 signs links for the global host name, which sends most regions' on.
        config=Config(signature_version="s3v4", s3={"addressing_style": "path" if is_by_path else "virtual"}),
    )
    return urlsplit(client.generate_presigned_url("get_object", Params={"Bucket": s3.bucket, "Key": "v.mp4"}))


@pytest.mark.parametrize("bucket", ["my-videos", "videos.example.com"])
def test_policy_link_and_boto3_agree_in_every_region(bucket: str) -> None:
    assert {"us-east-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"} <= set(REGIONS)
    for region in REGIONS:
        s3 = S3Settings(bucket, region, Secret("id"), Secret("secret"))
        link = S3Objects(s3).presign("v.mp4", seconds=60, content_type="video/mp4", disposition="inline")
        wanted = boto3_link(s3)

        assert urlsplit(link)[:3] == wanted[:3], region
        assert page_config.bucket_origin(s3) == f"{wanted.scheme}://{wanted.netloc}"


@pytest.mark.parametrize("bucket", ["my-videos", "videos.example.com", "My_Videos"])
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000", "https://s3.example.com/storage/v1/s3"])
def test_policy_link_and_boto3_agree_at_an_endpoint(bucket: str, endpoint: str) -> None:
    s3 = S3Settings(bucket, "auto", Secret("id"), Secret("secret"), endpoint)
    link = S3Objects(s3).presign("v.mp4", seconds=60, content_type="video/mp4", disposition="inline")

    assert urlsplit(link)[:3] == boto3_link(s3)[:3]
    assert link.startswith(f"{page_config.bucket_origin(s3)}/")


def test_a_region_that_botocore_does_not_know_has_its_form_s_domain() -> None:
    assert domain_of("cn-south-9") == "amazonaws.com.cn"
    assert domain_of("eu-middle-3") == "amazonaws.com"
    assert domain_of("moon-base-1") == "amazonaws.com"


def test_the_policy_allows_the_site_and_the_bucket_and_nothing_else() -> None:
    assert page_config.content_security_policy("https://b.s3.amazonaws.com") == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "media-src 'self' blob: https://b.s3.amazonaws.com; connect-src 'self' https://b.s3.amazonaws.com; "
        "worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        "; require-trusted-types-for 'script'; trusted-types own-scripts"
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
        ("VIDEOGEN_SECURITY_CONTACT", "http://example.com"),
        ("VIDEOGEN_SECURITY_CONTACT", "ask me"),
        ("VIDEOGEN_SECURITY_CONTACT", "safe@example.com\nPolicy: https://example.com"),
        ("VIDEOGEN_SECURITY_CONTACT", "javascript:alert(1)@x"),
    ],
)
def test_a_build_refuses_what_the_functions_would(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} "):
        page_config.describe({**AWS, name: value}, now=0)


@pytest.mark.parametrize(
    ("written", "contact"),
    [
        ("mailto:safe@example.com", "mailto:safe@example.com"),
        ("safe@example.com", "mailto:safe@example.com"),
        (" 'MAILTO:safe@example.com' ", "mailto:safe@example.com"),
        ("https://example.com/@report", "https://example.com/@report"),
    ],
)
def test_security_txt_names_the_operator_for_a_year(written: str, contact: str) -> None:
    now = datetime(2027, 3, 1, 12, tzinfo=UTC).timestamp()
    files = page_config.describe({**AWS, "VIDEOGEN_SECURITY_CONTACT": written}, now=now)["files"]

    assert files[".well-known/security.txt"] == f"Contact: {contact}\nExpires: 2028-02-28T12:00:00Z\n"


HOSTED = {
    **AWS,
    "CONTEXT": "production",
    "URL": "https://videos.example.com",
    "DEPLOY_PRIME_URL": "https://main--my-videos.netlify.app",
    "PUBLISH_DIR": str(PUBLIC),
}
"""What the plugin adds on Netlify's machine."""


def preview_tags(environ: dict[str, str]) -> list[str]:
    """Return the addresses that crawlers find, of the page that the build writes."""
    html = page_config.describe(environ, now=0)["files"]["index.html"]
    return re.findall(r'<meta property="og:(?:image|url)" content="(.*)">', html)


@pytest.mark.parametrize(
    ("variables", "origin"),
    [
        ({}, "https://videos.example.com"),
        ({"URL": "https://videos.example.com/"}, "https://videos.example.com"),
        ({"URL": "http://xn--bcher-kva.example:8080"}, "http://xn--bcher-kva.example:8080"),
        ({"CONTEXT": "deploy-preview"}, "https://main--my-videos.netlify.app"),
        ({"CONTEXT": "branch-deploy"}, "https://main--my-videos.netlify.app"),
    ],
)
def test_a_hosted_build_makes_preview_tags_absolute(variables: dict[str, str], origin: str) -> None:
    assert preview_tags(HOSTED | variables) == [f"{origin}/preview.png", f"{origin}/"]


def test_a_hosted_build_changes_the_preview_tags_alone() -> None:
    written = page_config.describe(HOSTED, now=0)["files"]["index.html"]
    added = '<meta property="og:url" content="https://videos.example.com/">\n'

    assert written.replace(added, "").replace("https://videos.example.com/preview", "/preview") == PAGE


def test_preview_tags_made_absolute_once_more_are_the_same(tmp_path: Path) -> None:
    once = page_config.describe(HOSTED, now=0)["files"]["index.html"]
    (tmp_path / "index.html").write_text(once, encoding="utf-8")
    again = HOSTED | {"PUBLISH_DIR": str(tmp_path)}

    assert page_config.describe(again, now=0)["files"]["index.html"] == once
    moved = preview_tags(again | {"URL": "https://other.example.com"})
    assert moved == ["https://other.example.com/preview.png", "https://other.example.com/"]


@pytest.mark.parametrize(
    "url",
    [
        "videos.example.com",
        "ftp://videos.example.com",
        "https://videos.example.com/folder",
        "https://videos.example.com?page=1",
        "https://me:secret@videos.example.com",
        'https://videos.example.com"><script>',
        "https://videos.example.com\n",
        "https://v\u00eddeos.example.com",
        r"https://videos.example.com\1",
    ],
)
def test_an_odd_site_address_leaves_the_page_as_it_is(url: str) -> None:
    described = page_config.describe(HOSTED | {"URL": url}, now=0)

    assert list(described["files"]) == ["config.json"]
    assert described["notes"] == [
        "URL is not the address of a site: the tags for link previews stay relative"
    ]


@pytest.mark.parametrize("missing", ["URL", "PUBLISH_DIR"])
def test_without_a_site_address_the_page_stays_as_it_is(missing: str) -> None:
    environ = {name: value for name, value in HOSTED.items() if name != missing}
    described = page_config.describe(environ, now=0)

    assert (list(described["files"]), described["notes"]) == (["config.json"], [])


def test_the_preview_picture_has_the_size_that_its_tags_name() -> None:
    with Image.open(PUBLIC / "preview.png") as picture:
        size = picture.size
    named = re.findall(r'<meta property="og:image:(?:width|height)" content="(\d+)">', PAGE)

    assert tuple(map(int, named)) == size


def test_the_program_imports_the_standard_library_only() -> None:
    program = (
        "import runpy, sys; runpy.run_module('videogen.page_config', run_name='__main__'); "
        "sys.exit(sorted({'botocore', 'pydantic', 'httpx'} & set(sys.modules)) or 0)"
    )
    command = [sys.executable, "-S", "-c", program]
    folders = [Path(page_config.__file__).parent.parent, Path(boto3.__file__).parent.parent]
    environ = {"PYTHONPATH": os.pathsep.join(map(str, folders)), **AWS}

    good = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    bad = subprocess.run(
        command, env={**environ, "VIDEOGEN_KEEP_DAYS": "x"}, capture_output=True, text=True, check=False
    )

    assert json.loads(good.stdout) == page_config.describe(AWS, now=0)
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr.startswith("VIDEOGEN_KEEP_DAYS is not a whole number")
