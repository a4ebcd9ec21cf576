"""The settings of one site, read once from the environment and checked.

Plain dataclasses rather than pydantic models: check-video-status and the build read them too, and neither
should wait for a schema library to be imported.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args
from urllib.parse import urlsplit

from videogen.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

ImageMode = Literal["data", "url", "field"]
DEFAULT_BASE_URL = "https://api.blackbox.ai"
DEFAULT_MODEL = "blackboxai/google/veo-3-fast"
WEBHOOK_SECRET_BYTES = (24, 64)  # https://www.standardwebhooks.com: "between 24 bytes and 64 bytes"


class Secret:
    """A string that does not show in a repr, a log line or a traceback; `reveal` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that may be asked for, and its price in USD per video where the operator has set one."""

    id: str
    price: float | None = None


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Where the jobs lie. `endpoint_url` None means AWS; `prefix` is "" or ends in a slash."""

    bucket: str
    region: str
    access_key_id: Secret
    secret_access_key: Secret
    endpoint_url: str | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class BlackboxSettings:
    """How Blackbox is called."""

    api_key: Secret
    base_url: str = DEFAULT_BASE_URL
    image_mode: ImageMode = "data"
    video_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What the page may know. `daily_limit` is in videos per UTC day, 0 for none."""

    models: tuple[Model, ...] = (Model(DEFAULT_MODEL),)
    daily_limit: int = 20
    access_code: Secret | None = None
    keep_days: int = 30
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a function needs. `signing_keys` are `whsec_…` strings: the first signs, all verify.

    `blackbox` is None in the functions that do not ask for it.
    """

    s3: S3Settings
    site: SiteSettings
    signing_keys: tuple[Secret, ...]
    blackbox: BlackboxSettings | None = None


def read(environ: Mapping[str, str], *, blackbox: bool = False) -> Settings:
    """Read what a function needs; `blackbox` asks for the worker's part too.

    Raises SettingsError, which names every missing or malformed variable at once.
    """
    variables = _Variables(environ)
    settings = Settings(
        s3=_s3(variables),
        site=_site(variables),
        signing_keys=_signing_keys(variables),
        blackbox=_blackbox(variables) if blackbox else None,
    )
    variables.raise_problems()
    return settings


def read_site(environ: Mapping[str, str]) -> SiteSettings:
    """Read only what the page may know; raises SettingsError."""
    variables = _Variables(environ)
    site = _site(variables)
    variables.raise_problems()
    return site


class _Variables:
    """The environment, with the problems found in it so far. A blank value counts as unset."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def optional(self, name: str) -> str:
        return self._environ.get(name, "").strip()

    def required(self, name: str, example: str) -> str:
        value = self.optional(name)
        if not value:
            self.problems.append(f"{name} is not set: give it a value such as {example}")
        return value

    def whole_number(self, name: str, *, default: int, least: int) -> int:
        text = self.optional(name)
        if not text:
            return default
        if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < least:
            self.problems.append(
                f"{name} is not a whole number of at least {least}: write it as in {name}={default}"
            )
            return default
        return int(text)

    def raise_problems(self) -> None:
        if self.problems:
            raise SettingsError("; ".join(self.problems))


def _s3(variables: _Variables) -> S3Settings:
    endpoint = variables.optional("S3_ENDPOINT_URL").rstrip("/")
    if endpoint and not _is_web_address(endpoint):
        variables.problems.append(
            "S3_ENDPOINT_URL is not a web address: write it as https://s3.example.com (empty: AWS)"
        )
    prefix = variables.optional("S3_PREFIX").strip("/")
    return S3Settings(
        bucket=variables.required("S3_BUCKET", "my-videos"),
        region=variables.required("S3_REGION", "us-east-2 (auto for Cloudflare R2)"),
        access_key_id=Secret(variables.required("S3_ACCESS_KEY_ID", "the key id of a user of the bucket")),
        secret_access_key=Secret(variables.required("S3_SECRET_ACCESS_KEY", "that user's secret key")),
        endpoint_url=endpoint or None,
        prefix=f"{prefix}/" if prefix else "",
    )


def _site(variables: _Variables) -> SiteSettings:
    code = variables.optional("VIDEOGEN_ACCESS_CODE")
    if not re.fullmatch(r"[ -~]*", code):
        # It travels in a header, where a browser sends nothing else.
        variables.problems.append("VIDEOGEN_ACCESS_CODE is malformed: use letters, digits and signs of ASCII")
    return SiteSettings(
        models=_models(variables),
        daily_limit=variables.whole_number("VIDEOGEN_DAILY_LIMIT", default=20, least=0),
        access_code=Secret(code) if code else None,
        keep_days=variables.whole_number("VIDEOGEN_KEEP_DAYS", default=30, least=1),
        simulated=variables.optional("VIDEOGEN_SIMULATED") == "1",
    )


def _models(variables: _Variables) -> tuple[Model, ...]:
    models: list[Model] = []
    for entry in filter(None, (part.strip() for part in variables.optional("BLACKBOX_MODELS").split(","))):
        found = re.fullmatch(r"(blackboxai/[A-Za-z0-9._/-]{1,100})(?:=([0-9]{1,4}(?:\.[0-9]{1,4})?))?", entry)
        if found is None:
            variables.problems.append(
                f"BLACKBOX_MODELS is malformed: write each model as {DEFAULT_MODEL} or {DEFAULT_MODEL}=0.80"
            )
            break
        models.append(Model(found[1], float(found[2]) if found[2] else None))
    return tuple(models) or (Model(DEFAULT_MODEL),)


def _signing_keys(variables: _Variables) -> tuple[Secret, ...]:
    value = variables.required(
        "VIDEOGEN_SIGNING_SECRET", "the output of: echo whsec_$(openssl rand -base64 32)"
    )
    keys = value.split()
    if not all(map(_is_webhook_secret, keys)):
        variables.problems.append(
            "VIDEOGEN_SIGNING_SECRET is malformed: make one with: echo whsec_$(openssl rand -base64 32)"
        )
    return tuple(map(Secret, keys))


def _is_webhook_secret(text: str) -> bool:
    try:
        raw = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith("whsec_") and WEBHOOK_SECRET_BYTES[0] <= len(raw) <= WEBHOOK_SECRET_BYTES[1]


def _blackbox(variables: _Variables) -> BlackboxSettings:
    base_url = variables.optional("BLACKBOX_BASE_URL").rstrip("/") or DEFAULT_BASE_URL
    if not _is_web_address(base_url):
        variables.problems.append(
            "BLACKBOX_BASE_URL is not a web address: write it as https://api.blackbox.ai"
        )
    mode = variables.optional("BLACKBOX_IMAGE_MODE") or "data"
    if mode not in get_args(ImageMode):
        variables.problems.append("BLACKBOX_IMAGE_MODE is unknown: write data, url or field")
    hosts = tuple(
        host.lower() for host in re.split(r"[\s,]+", variables.optional("VIDEOGEN_VIDEO_HOSTS")) if host
    )
    if not all(map(_is_video_host, hosts)):
        variables.problems.append(
            "VIDEOGEN_VIDEO_HOSTS is malformed: write host names such as replicate.delivery,fal.media"
        )
    return BlackboxSettings(
        api_key=Secret(variables.required("BLACKBOX_API_KEY", "the key from your Blackbox account")),
        base_url=base_url,
        image_mode=cast("ImageMode", mode),
        video_hosts=hosts,
    )


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
    )


def _is_video_host(text: str) -> bool:
    if "://" in text:
        return _is_web_address(text) and not urlsplit(text).path
    return re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", text) is not None
