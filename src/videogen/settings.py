"""The settings of one site, read once from the environment and checked.

What is plainly meant is taken: invisible characters, quotes around a value, `NAME=` before it, a final slash,
`s3://`, `Bearer `, `/chat/completions` are what a paste brings along. Everything else that is malformed is
named, with the form that is wanted and without the value, which may be a secret. Functions, worker, command
line and build all read by these functions.

Plain dataclasses rather than pydantic models: check-video-status and the build read them too, and neither
should wait for a schema library to be imported.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args
from urllib.parse import unquote, urlsplit

from videogen.botocore_data import domain_of
from videogen.errors import SettingsError
from videogen.variables import DEFAULT_BASE_URL, DEFAULT_MODEL, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

ImageMode = Literal["data", "url", "field"]
WEBHOOK_SECRET_BYTES = (24, 64)  # https://www.standardwebhooks.com: "between 24 bytes and 64 bytes"
JOB_MINUTES = (10, 16)
JOB_MINUTES_WITH_QUEUE = 120
"""A function is cut at 15 minutes; a worker that takes its jobs from a queue is not."""
MOST_KEEP_DAYS = 36_500
POINT_BYTES = 65
"""A point of the curve P-256 as Web Push writes it: two coordinates after a first byte 4."""
FIXED_FIELDS = ("model", "messages")
"""Fields of the paid request that no parameter may replace."""

_QUOTES = (
    '""',
    "''",
    "``",
    "\u201c\u201d",
    "\u201d\u201d",
    "\u201e\u201c",
    "\u2018\u2019",
    "\u2019\u2019",
    "\xab\xbb",
)
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Shown as nothing, though Unicode counts them as letters, marks or signs."""
_ADDRESS = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)(?P<port>:[0-9]{1,5})?(?P<path>/[!-~]*)?"
)
_LOOPBACK = re.compile(r"127(?:\.[0-9]{1,3}){3}|::1|(?:.+\.)?localhost")
_BUCKET = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?![.-])){1,61}[A-Za-z0-9]")
_HOST_LABEL = re.compile(r"[a-z0-9-]{3,63}")
_BOTO3_HOST = re.compile(r".*:.*|(?:(?:^|\.)(?!-)[a-z0-9-]{1,63}(?<!-))+")
"""boto3 takes no other host name, such as minio_1, and uploads in parts go through it."""
_REGION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AWS_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-[0-9]+")
_BEARER = re.compile(r"(?:authorization\s*[:=]\s*)?(?:bearer(?:[\s:]+|$))+", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"(?:(?:export|set)\s+)?(\w+)\s*[=:]", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;\r\n\uff0c\uff1b\u3001]")
"""Between the entries of a list: commas and semicolons, full-width ones among them, and lines."""
_CONTACT = re.compile(r"mailto:[!-~]+@[!-~]+|https://[!-~]+", re.IGNORECASE)
_MODEL = re.compile(r"(blackboxai/[A-Za-z0-9._/-]{1,100})(?:\s*=\s*\$?([0-9]{1,4}(?:\.[0-9]{1,4})?))?")
_TOKEN = re.compile(r"(?!.*\.\.\.)[A-Za-z0-9._~+/:-]+=*")
"""What travels behind `Bearer` (https://www.rfc-editor.org/rfc/rfc6750#section-2.1), with a colon; three dots
are a key that was shortened to be shown."""
_ACCESS_KEY = re.compile(r"[!-+.0-<>-~-]+")
"""Visible ASCII without what ends it in a signature's header: comma, slash, equals sign."""
_SECRET_KEY = re.compile(r"(?![\"'`])[!-~]+(?<![\"'`])")


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


class Model(NamedTuple):
    """A model that may be asked for, and its price in USD per video where the operator has set one."""

    id: str
    price: float | None = None


class S3Settings(NamedTuple):
    """Where the jobs lie. `endpoint_url` None means AWS; `prefix` is "" or ends in a slash."""

    bucket: str
    region: str
    access_key_id: Secret
    secret_access_key: Secret
    endpoint_url: str | None = None
    prefix: str = ""

    @property
    def is_by_path(self) -> bool:
        """Whether the bucket's name stands in the path: at an endpoint, or where it is no label of a host."""
        return self.endpoint_url is not None or not _HOST_LABEL.fullmatch(self.bucket)

    @property
    def bucket_url(self) -> str:
        """Return the bucket's address, as boto3 makes its links: the one place that knows it."""
        # By the global host name in us-east-1 alone.
        region = "" if self.region == "us-east-1" else f".{self.region}"
        origin = self.endpoint_url or f"https://s3{region}.{domain_of(self.region)}"
        if self.is_by_path:
            return f"{origin.rstrip('/')}/{self.bucket}"
        return origin.replace("//", f"//{self.bucket}.")


class QueueSettings(NamedTuple):
    """The SQS queue that jobs go to, and who may write to it."""

    url: str
    region: str
    access_key_id: Secret
    secret_access_key: Secret


@dataclass(frozen=True, slots=True)
class BlackboxSettings:
    """How Blackbox is called. `video_parameters` are further fields of the paid request."""

    api_key: Secret
    base_url: str = DEFAULT_BASE_URL
    image_mode: ImageMode = "data"
    video_hosts: tuple[str, ...] = ()
    video_parameters: Mapping[str, Any] = field(default_factory=dict)


class PushSettings(NamedTuple):
    """The site's key pair for Web Push, both halves in base64url without padding.

    https://www.rfc-editor.org/rfc/rfc8292#section-3.2; `subject` is "" or an address of the operator.
    """

    public_key: str
    private_key: Secret
    subject: str = ""


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What the page may know.

    `daily_limit` is in videos per UTC day, 0 for none. `paused` is "" or the sentence that visitors read
    instead of starting a video. `job_minutes` is the whole life of a job. `security_contact` is "" or an
    address, mailto: or https:, for whoever has found a weakness.
    """

    models: tuple[Model, ...] = (Model(DEFAULT_MODEL),)
    daily_limit: int = 20
    access_code: Secret | None = None
    keep_days: int = 30
    simulated: bool = False
    paused: str = ""
    job_minutes: int = JOB_MINUTES[1]
    push_public_key: str | None = None
    security_contact: str = ""


class Settings(NamedTuple):
    """Everything a function needs. `signing_keys` are `whsec_…` strings: the first signs, all verify.

    `blackbox` is None in the functions that do not ask for it, `queue` where the worker is called by HTTP.
    """

    s3: S3Settings
    site: SiteSettings
    signing_keys: tuple[Secret, ...]
    blackbox: BlackboxSettings | None = None
    queue: QueueSettings | None = None


def read(environ: Mapping[str, str], *, blackbox: bool = False) -> Settings:
    """Read what a function needs; `blackbox` asks for the worker's part too.

    Raises SettingsError, which names every missing or malformed variable at once.
    """
    given = _Environment(environ)
    s3 = _s3(given)
    settings = Settings(
        s3=s3,
        site=_site(given),
        signing_keys=_signing_keys(given),
        blackbox=_blackbox(given) if blackbox else None,
        queue=_queue(given, s3),
    )
    given.raise_problems()
    return settings


def read_push(environ: Mapping[str, str]) -> PushSettings | None:
    """Read the key pair for Web Push, None where there is none; raises SettingsError.

    Apart from the rest, since no job may fail for it.
    """
    given = _Environment(environ)
    push = _push(given)
    given.raise_problems()
    return push


def read_for_build(environ: Mapping[str, str]) -> tuple[SiteSettings, S3Settings]:
    """Read what the page may know, and where its videos will be; what of S3 is not set is "".

    Every variable that a function would refuse is refused here too, but none is missed: secrets are often
    kept from builds. Raises SettingsError.
    """
    given = _Environment(environ)
    s3 = _s3(given)
    site = _site(given)
    _signing_keys(given)
    _blackbox(given)
    _queue(given, s3)
    _push(given)
    given.raise_problems(missing=False)
    return site, s3


def site_address(text: str) -> str:
    """Return where a site is, as browsers write an origin; "" if the text is no address.

    Without a scheme it is that of this machine by http, and any other by https.
    """
    address = _plain_address(text if "://" in text else f"http://{text}")
    scheme, _, rest = address.partition("://")
    host = rest.partition("/")[0].removesuffix(":443" if scheme == "https" else ":80")
    if "://" not in text and not is_loopback(address):
        scheme = "https"
    return address and f"{scheme}://{host}"


def value(environ: Mapping[str, str], name: str) -> str:
    """Return a variable as it is plainly meant, "" where it is not set."""
    return _Environment(environ).text(name)


def key_bytes(key: Secret) -> bytes:
    """Return the raw key of a `whsec_<base64>` text. Raises ValueError for anything else."""
    prefix, _, encoded = key.reveal().partition("whsec_")
    raw = base64.b64decode(encoded, validate=True)
    if prefix or not raw:
        raise ValueError("a signing secret is base64 after whsec_")
    return raw


def from_base64url(text: str) -> bytes:
    """Return the bytes of URL-safe base64 without padding; raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)


def is_push_key(text: str, *, length: int) -> bool:
    """Whether a text is a key of so many bytes in base64url; one of POINT_BYTES must be a point."""
    try:
        raw = from_base64url(text)
    except ValueError:
        return False
    return len(raw) == length and (length != POINT_BYTES or raw[0] == 4)  # noqa: PLR2004 - said there


def is_loopback(address: str) -> bool:
    """Whether a web address leads to this very machine."""
    return _LOOPBACK.fullmatch(_host(address)) is not None


def _host(address: str) -> str:
    """Return the host of a web address, "" where it has none or one in brackets that is no IPv6 address."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


class _Environment:
    """The environment, with the problems found in it so far. A blank value counts as unset."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[tuple[str, bool]] = []

    def text(self, name: str, *, is_sentence: bool = False) -> str:
        found = _unwrapped(self._environ.get(name, ""), is_sentence=is_sentence)
        # A line of .env, of a shell, of YAML, or of AWS's own file.
        line = _ASSIGNMENT.match(found)
        if line and line[1].upper() in {name, name.replace("S3_", "AWS_", 1)}:
            return _unwrapped(found[line.end() :], is_sentence=is_sentence)
        return found

    def listed(self, name: str) -> list[str]:
        return [entry for each in _SEPARATORS.split(self.text(name)) if (entry := _unwrapped(each))]

    def needed(self, name: str, found: str) -> str:
        if not found:
            self._problems.append(
                (f"{name} is not set: give it a value such as {VARIABLES[name].form}", True)
            )
        return found

    def malformed(self, name: str, what: str = "malformed", form: str = "") -> None:
        self._problems.append((f"{name} is {what}: write it as {form or VARIABLES[name].form}", False))

    def matching(self, name: str, found: str, pattern: re.Pattern[str]) -> str:
        if found and not pattern.fullmatch(found):
            self.malformed(name)
        return found

    def contact(self, name: str) -> str:
        """Return an address of people; a bare one of mail gets its scheme."""
        found = re.sub(r"(?i)^(?:mailto:)?(?=[^\s:]+@[^\s:]+$)", "mailto:", self.text(name))
        return self.matching(name, found, _CONTACT)

    def whole_number(self, name: str, *, least: int, most: int) -> int:
        text = self.text(name) or VARIABLES[name].default
        if re.fullmatch(r"[0-9]{1,6}", text) and least <= int(text) <= most:
            return int(text)
        self.malformed(name, f"not a whole number from {least} to {most}")
        return least

    def raise_problems(self, *, missing: bool = True) -> None:
        problems = [text for text, is_missing in self._problems if missing or not is_missing]
        if problems:
            raise SettingsError(*problems)


def _unwrapped(text: str, *, is_sentence: bool = False) -> str:
    """Return a pasted value without blanks and quotes around it, and without what nobody can see.

    Inside a sentence such characters have a meaning, as between the letters of Persian, so they stay there.
    """
    while True:
        before = text
        text = text.strip()
        if not (text.isascii() and text.isprintable()):
            seen = [index for index, character in enumerate(text) if _is_visible(character)]
            if is_sentence and seen:
                seen = list(range(seen[0], seen[-1] + 1))
            text = "".join(text[index] for index in seen)
        if len(text) > 1 and text[0] + text[-1] in _QUOTES:
            text = text[1:-1]
        if text == before:
            return text


def _is_visible(character: str) -> bool:
    import unicodedata  # noqa: PLC0415 - hardly any environment needs its tables

    hidden = unicodedata.category(character) in {"Cc", "Cf"} and not character.isspace()
    return not hidden and character not in _BLANK and not "\ufe00" <= character <= "\ufe0f"


def _s3(given: _Environment) -> S3Settings:
    endpoint = _address(given, "S3_ENDPOINT_URL")
    bucket = _bucket(given)
    if endpoint and bucket and _names_bucket(endpoint, bucket):
        given.malformed("S3_ENDPOINT_URL", "the address of the bucket, not of its store")
    elif endpoint and not _BOTO3_HOST.fullmatch(_host(endpoint)):
        given.malformed(
            "S3_ENDPOINT_URL",
            "an address whose host name has characters other than letters, digits and inner hyphens",
        )
    region = _region(given, "S3_REGION")
    if endpoint:
        given.matching("S3_REGION", region, _REGION)
    elif region and not _AWS_REGION.fullmatch(region):
        form = "us-east-2, or set S3_ENDPOINT_URL as well where the store is not AWS"
        given.malformed("S3_REGION", "not a region of AWS", form)
    key_id = given.matching("S3_ACCESS_KEY_ID", given.text("S3_ACCESS_KEY_ID"), _ACCESS_KEY)
    secret = given.matching("S3_SECRET_ACCESS_KEY", given.text("S3_SECRET_ACCESS_KEY"), _SECRET_KEY)
    return S3Settings(
        bucket=given.needed("S3_BUCKET", bucket),
        region=given.needed("S3_REGION", region),
        access_key_id=Secret(given.needed("S3_ACCESS_KEY_ID", key_id)),
        secret_access_key=Secret(given.needed("S3_SECRET_ACCESS_KEY", secret)),
        endpoint_url=endpoint or None,
        prefix=_prefix(given),
    )


def _region(given: _Environment, name: str) -> str:
    """Return a region, lower-case where it is AWS's or R2's: others are as their store calls them."""
    region = given.text(name)
    lower = region.lower()
    return lower if lower == "auto" or _AWS_REGION.fullmatch(lower) else region


def _bucket(given: _Environment) -> str:
    bucket = re.sub(r"^s3://", "", given.text("S3_BUCKET"), flags=re.IGNORECASE).rstrip("/")
    return given.matching("S3_BUCKET", bucket, _BUCKET)


def _names_bucket(endpoint: str, bucket: str) -> bool:
    """Whether an address is the one that a store's dashboard shows for a bucket."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    return host.startswith(f"{bucket.lower()}.") or unquote(parts.path).rpartition("/")[2] == bucket


def _prefix(given: _Environment) -> str:
    prefix = given.text("S3_PREFIX").strip("/")
    # A dot segment or an empty one would be taken out of the address on its way.
    if prefix and (not prefix.isprintable() or "\\" in prefix or {"", ".", ".."} & set(prefix.split("/"))):
        given.malformed("S3_PREFIX")
    return f"{prefix}/" if prefix else ""


def _site(given: _Environment) -> SiteSettings:
    code = given.text("VIDEOGEN_ACCESS_CODE")
    if not re.fullmatch(r"[ -~]*", code):
        # It travels in a header, where a browser sends nothing else.
        given.malformed("VIDEOGEN_ACCESS_CODE")
    has_queue = bool(given.text("VIDEOGEN_QUEUE_URL"))
    return SiteSettings(
        models=_models(given),
        daily_limit=_daily_limit(given),
        access_code=Secret(code) if code else None,
        keep_days=given.whole_number("VIDEOGEN_KEEP_DAYS", least=1, most=MOST_KEEP_DAYS),
        simulated=given.text("VIDEOGEN_SIMULATED") == "1",
        paused=_paused(given),
        job_minutes=given.whole_number(
            "VIDEOGEN_JOB_MINUTES",
            least=JOB_MINUTES[0],
            most=JOB_MINUTES_WITH_QUEUE if has_queue else JOB_MINUTES[1],
        ),
        push_public_key=_push_key(given, "VIDEOGEN_VAPID_PUBLIC_KEY") or None,
        security_contact=given.contact("VIDEOGEN_SECURITY_CONTACT"),
    )


def _paused(given: _Environment) -> str:
    sentence = " ".join(given.text("VIDEOGEN_PAUSED", is_sentence=True).split())
    if sentence.lower() in {"1", "true", "yes", "on"}:
        # Visitors would read it.
        given.malformed("VIDEOGEN_PAUSED", "no sentence")
    return "" if sentence.lower() in {"0", "false", "no", "off", "none"} else sentence


def _daily_limit(given: _Environment) -> int:
    if given.text("VIDEOGEN_DAILY_LIMIT").lower() == "none":
        return 0
    return given.whole_number("VIDEOGEN_DAILY_LIMIT", least=0, most=999_999)


def _models(given: _Environment) -> tuple[Model, ...]:
    models: dict[str, Model] = {}
    for entry in given.listed("BLACKBOX_MODELS"):
        found = _MODEL.fullmatch(entry)
        model = Model(found[1], float(found[2]) if found[2] else None) if found else None
        if model is None or models.setdefault(model.id, model) != model:
            given.malformed("BLACKBOX_MODELS", form=f"{DEFAULT_MODEL} or {DEFAULT_MODEL}=0.80")
            break
    return tuple(models.values()) or (Model(DEFAULT_MODEL),)


def _signing_keys(given: _Environment) -> tuple[Secret, ...]:
    name = "VIDEOGEN_SIGNING_SECRET"
    keys = [_unwrapped(key.strip("\"'")) for line in given.listed(name) for key in line.split()]
    given.needed(name, " ".join(keys))
    secrets = tuple(map(Secret, keys))
    if not all(map(_is_webhook_secret, secrets)):
        given.malformed(name)
    return secrets


def _is_webhook_secret(secret: Secret) -> bool:
    try:
        return WEBHOOK_SECRET_BYTES[0] <= len(key_bytes(secret)) <= WEBHOOK_SECRET_BYTES[1]
    except ValueError:
        return False


def _blackbox(given: _Environment) -> BlackboxSettings:
    mode = given.text("BLACKBOX_IMAGE_MODE").lower() or "data"
    if mode not in get_args(ImageMode):
        given.malformed("BLACKBOX_IMAGE_MODE", "unknown", "data, url or field")
    hosts = tuple(
        _video_host(_unwrapped(host))
        for line in given.listed("VIDEOGEN_VIDEO_HOSTS")
        for host in line.split()
    )
    if not all(map(_is_video_host, hosts)):
        given.malformed("VIDEOGEN_VIDEO_HOSTS")
    key = _unwrapped(_BEARER.sub("", given.text("BLACKBOX_API_KEY")))
    return BlackboxSettings(
        api_key=Secret(given.needed("BLACKBOX_API_KEY", given.matching("BLACKBOX_API_KEY", key, _TOKEN))),
        base_url=_base_url(given),
        image_mode=cast("ImageMode", mode),
        video_hosts=hosts,
        video_parameters=_video_parameters(given),
    )


def _base_url(given: _Environment) -> str:
    name = "BLACKBOX_BASE_URL"
    address = re.sub(r"/+chat/completions$", "", _address(given, name), flags=re.IGNORECASE)
    if address.startswith("http://") and not is_loopback(address):
        given.malformed(name, "an http address, and the key would travel in clear")
    return address or DEFAULT_BASE_URL


def _video_parameters(given: _Environment) -> Mapping[str, Any]:
    name = "BLACKBOX_VIDEO_PARAMETERS"
    text = given.text(name)
    if not text:
        return {}
    try:
        found = json.loads(text)
        json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        given.malformed(name, "no JSON object")
        return {}
    taken = [key for key in FIXED_FIELDS if key in found]
    if taken:
        given.malformed(name, f"not allowed to set {' or '.join(taken)}")
    return found


def _queue(given: _Environment, s3: S3Settings) -> QueueSettings | None:
    url = _address(given, "VIDEOGEN_QUEUE_URL")
    if not url:
        return None
    if url.startswith("http://") and not is_loopback(url):
        given.malformed("VIDEOGEN_QUEUE_URL", "an http address, and jobs would travel in clear")
    region = given.matching("VIDEOGEN_QUEUE_REGION", _region(given, "VIDEOGEN_QUEUE_REGION"), _REGION)
    named = next(filter(_AWS_REGION.fullmatch, (urlsplit(url).hostname or "").split(".")), "")
    own = "VIDEOGEN_QUEUE_ACCESS_KEY_ID", "VIDEOGEN_QUEUE_SECRET_ACCESS_KEY"
    key_id = given.matching(own[0], given.text(own[0]), _ACCESS_KEY)
    secret = given.matching(own[1], given.text(own[1]), _SECRET_KEY)
    if key_id or secret:
        given.needed(own[0], key_id)
        given.needed(own[1], secret)
    return QueueSettings(
        url=url,
        region=region or named or s3.region,
        access_key_id=Secret(key_id) if key_id else s3.access_key_id,
        secret_access_key=Secret(secret) if secret else s3.secret_access_key,
    )


def _push(given: _Environment) -> PushSettings | None:
    public, private = (
        _push_key(given, name) for name in ("VIDEOGEN_VAPID_PUBLIC_KEY", "VIDEOGEN_VAPID_PRIVATE_KEY")
    )
    subject = given.contact("VIDEOGEN_VAPID_SUBJECT")
    if not public and not private:
        return None
    given.needed("VIDEOGEN_VAPID_PUBLIC_KEY", public)
    given.needed("VIDEOGEN_VAPID_PRIVATE_KEY", private)
    return PushSettings(public, Secret(private), subject)


def _push_key(given: _Environment, name: str) -> str:
    """Return half of a key pair of P-256 in base64url; the public one is a point."""
    text = given.text(name).translate(str.maketrans("+/", "-_")).rstrip("=")
    length = POINT_BYTES if name.endswith("PUBLIC_KEY") else 32
    if text and not is_push_key(text, length=length):
        given.malformed(name)
    return text


def _address(given: _Environment, name: str) -> str:
    """Return a web address without a final slash, "" where it is not set."""
    text = given.text(name)
    if not text:
        return ""
    if re.match(r"(?i)https?://[^/]*@", text):
        given.malformed(name, "an address with a name or a password")
        return ""
    address = _plain_address(text)
    if not address:
        given.malformed(name, "not a web address")
    return address


def _plain_address(text: str) -> str:
    scheme, _, rest = text.partition("://")
    found = _ADDRESS.fullmatch(rest)
    if scheme.lower() not in {"http", "https"} or found is None or set("?#\\") & set(rest):
        return ""
    if int((found["port"] or ":0")[1:]) > 65_535 or not _host(text):  # noqa: PLR2004 - TCP
        return ""
    origin = f"{scheme}://{found['host']}{found['port'] or ''}".lower()
    return origin + (found["path"] or "").rstrip("/")


def _video_host(text: str) -> str:
    """Return a host as it is compared: an origin stays one on this machine alone."""
    host = text.lower().rstrip("/")
    if not is_loopback(host):
        host = host.removeprefix("https://").removesuffix(":443")
    return host.removeprefix("*").removeprefix(".")


def _is_video_host(text: str) -> bool:
    if "://" in text:
        return _plain_address(text) == text and not urlsplit(text).path and is_loopback(text)
    return re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", text) is not None
