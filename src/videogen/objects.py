"""Objects in an S3-compatible bucket: bytes, ETags, conditions, and errors that say what may have happened.

What stores do differently is dealt with here and nowhere else:
- ETags go back without their quotes: Ceph 16 never matches a quoted one, AWS and moto take both. What a proxy
  that compresses adds to them is left away as well: the store compares the rest, so nothing matches wrongly.
- The signature covers what no proxy touches: the host, `x-amz-…`, conditions and type.
- Any header of an answer may be missing, doubled or garbage. A write without an ETag is no write: a web page
  answers 200 as well.
- The status decides, not the error code, which vendors choose: 412 is a Conflict; 409, 429 and 5xx leave
  open whether the write was applied. Only a 404 says less than its code: what is missing may be the bucket
  or its owner, and then nothing is known of the object.
- Nothing is repeated (boto3: `total_max_attempts=1`): a conditional write repeated after a lost reply meets
  its own result as a 412. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
- Presigned URLs are SigV4: boto3's default is SigV2 in eight regions, which newer buckets refuse.
- Checksums are sent only where an operation requires one, since other stores refuse boto3's trailers.
- `Expect: 100-continue` is not sent: it would cost each write one more round trip, and a second where a store
  does not know it.

Single requests go through botocore's signer and its connections. boto3's client comes for uploads in parts
alone: to make one takes longer than all else that a function does before its first request.
"""

from __future__ import annotations

import os
import re
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, Required, TypedDict
from urllib.parse import quote

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSHTTPSConnection, AWSHTTPSConnectionPool, AWSRequest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.httpsession import MAX_POOL_CONNECTIONS, URLLib3Session

from videogen import timing, tls
from videogen.errors import (
    Conflict,
    NoSuchObject,
    StoreError,
    StoreForbidden,
    StoreUnavailable,
    UnsafeStore,
)
from videogen.http_date import seconds_of
from videogen.tls import CONNECT_SECONDS, SOCKET_OPTIONS

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from typing import Unpack

    from boto3.session import Session
    from botocore.awsrequest import AWSResponse
    from mypy_boto3_s3 import S3Client

    from videogen.settings import S3Settings

READ_SECONDS = 5
"""A store answers within a fraction of this; the page's functions have 8 to 10 seconds in all."""
_CODE = re.compile(rb"<(?:\w+:)?Code(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[\s*)?([^<\]\s]+)")
NO_OBJECT = re.compile(r"404|NoSuch(?:Key|Object|Version)|(?:Err|Key|Object)?NotFound", re.IGNORECASE)
"""What stores say of a missing object: nearly all NoSuchKey, Volcengine NotFound, AIStore ErrNotFound."""
LONGEST_ETAG = 1000
"""Characters. Stores' own have 32 to 80, and what is longer could take seconds to read."""
_COMPRESSED = r"[-;:]+(?:gzip|gz|br|deflate|zstd|zst)"
CHANGED_ETAG = re.compile(rf'W/|.*{_COMPRESSED}"*$', re.IGNORECASE)
"""An ETag that something between has made of the store's: https://httpd.apache.org/docs/2.4/mod/mod_deflate.html"""
_ETAG = re.compile(rf'(?:W/)?"*([^"]*?)(?:"*{_COMPRESSED})*"*', re.IGNORECASE)
_NOT_IMPLEMENTED = re.compile(r"NotImplemented|Unsupported|NotSupported")
_PAGE = re.compile(rb"\s*<(?:!doctype html|html)", re.IGNORECASE)
_XML_ERROR = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:\w+:)?Error[\s>]")
EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"  # the MD5 of nothing
_IS_IT_A_STORE = "is S3_ENDPOINT_URL the address of an S3 store?"
NO_ETAG = f"the storage's answer has no ETag: {_IS_IT_A_STORE}"
OF_THE_SIGNATURE = {"x-amz-date", "x-amz-content-sha256"}
A_PAGE = "with a web page"
"""In place of a code: no store says so, and what it says of an object means nothing."""
MAX_UNPACKED_BYTES = 64_000_000
_MAKING_A_CLIENT = Lock()
"""https://docs.aws.amazon.com/boto3/latest/guide/session.html: a session is one thread's at a time."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as read.

    `age` is seconds since it was written, by the store's own clock (1 s steps): negative where its dates come
    from two clocks, None where it does not tell.
    """

    body: bytes = field(repr=False)
    etag: str
    age: float | None
    content_type: str


class PutOptions(TypedDict, total=False):
    """How an object is written: its type, and if only over that ETag, or only where there is none."""

    content_type: Required[str]
    if_match: str | None
    if_absent: bool


class LinkOptions(TypedDict):
    """For how many seconds a link counts, and the headers of what it answers."""

    seconds: int
    content_type: str
    disposition: str


class Objects(Protocol):
    """A bucket. Every method raises StoreUnavailable where the store does not answer as it should."""

    def get(self, key: str) -> StoredObject:
        """Read an object whole; raises NoSuchObject."""

    def put(self, key: str, body: bytes, **options: Unpack[PutOptions]) -> str:
        """Write an object, atomically and if the condition holds; return its ETag. Raises Conflict.

        With `if_match`, a missing key is NoSuchObject on some stores and Conflict on others.
        """

    def put_parts(self, key: str, parts: Iterator[bytes], *, content_type: str) -> None:
        """Write an object from parts of at least 5 MiB (but the last), holding no more than two at a time."""

    def copy(self, source: str, target: str) -> None:
        """Copy an object inside the bucket; raises NoSuchObject."""

    def delete(self, key: str) -> None:
        """Delete an object; one that is gone already is fine."""

    def presign(self, key: str, **options: Unpack[LinkOptions]) -> str:
        """Return a URL by which anybody may GET the object for so many seconds."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What botocore's signers read. Its own class of this name brings 20 modules along."""

    access_key: str
    secret_key: str
    token: str | None = None


class TlsConnection(AWSHTTPSConnection):
    """A connection of botocore's that takes one which was opened early."""

    def connect(self) -> None:
        """Connect, unless that is done."""
        # The context holds the authorities: urllib3 would load them again for each connection.
        self.ca_certs = None
        ready = tls.take(self.host, self.port)
        if ready is None:
            super().connect()
        else:
            self.sock, self.is_verified = ready, True


class TlsConnections(AWSHTTPSConnectionPool):
    """A pool of them."""

    ConnectionCls = TlsConnection


class TlsSession(URLLib3Session):
    """botocore's session over this process's one context."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the base class's own
        super().__init__(**options)
        pools: Any = self  # its stubs know less
        pools._pool_classes_by_scheme["https"] = TlsConnections  # noqa: SLF001 - its own, from the class above

    def _get_ssl_context(self) -> ssl.SSLContext:
        return tls.context()


class S3Objects:
    """A bucket behind botocore and boto3, for as many requests at a time as it keeps connections."""

    def __init__(self, settings: S3Settings, *, connections: int = MAX_POOL_CONNECTIONS) -> None:
        self._settings = settings
        self._bucket = settings.bucket
        self._prefix = settings.prefix
        self._url = settings.bucket_url
        self._credentials: Any = Credentials(
            settings.access_key_id.reveal(), settings.secret_access_key.reveal()
        )
        # Annotated for what botocore's own client hands over; its stubs know less.
        session: Any = TlsSession if self._url.startswith("https:") else URLLib3Session
        self._http: URLLib3Session = session(
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            socket_options=SOCKET_OPTIONS,
            max_pool_connections=connections,
        )

    @cached_property
    def _client(self) -> S3Client:
        from botocore.client import Config  # noqa: PLC0415 - said above

        settings = self._settings
        config = Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"total_max_attempts": 1},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            tcp_keepalive=True,
            s3={"addressing_style": "path" if settings.is_by_path else "virtual"},
        )
        client = boto3_client(
            region_name=settings.region,
            endpoint_url=settings.endpoint_url,
            verify=tls.authorities_file() if self._url.startswith("https:") else None,
            aws_access_key_id=settings.access_key_id.reveal(),
            aws_secret_access_key=settings.secret_access_key.reveal(),
            config=config,
        )
        client.meta.events.register("before-send.s3", self._send_for_boto3)
        return client

    def get(self, key: str) -> StoredObject:
        """Read an object whole; raises NoSuchObject."""
        answer = self._send("GET", key, {}, reading=True)
        if answer.status_code != HTTPStatus.OK:
            raise StoreUnavailable(f"the storage answered a read with {answer.status_code}", transient=False)
        lengths = set(re.split(r"[,\s]+", answer.headers.get("Content-Length", "")))
        is_counted = "Transfer-Encoding" not in answer.headers and all(map(str.isdecimal, lengths))
        if is_counted and lengths != {str(len(answer.content))}:
            raise StoreUnavailable("the storage's answer broke off")
        etag = _etag(answer)
        if not answer.content and etag != EMPTY_ETAG:
            raise StoreUnavailable("the storage's answer is empty")
        date, written = (seconds_of(answer.headers.get(name, "")) for name in ("Date", "Last-Modified"))
        age = None if date is None or written is None else date - written
        content_type = answer.headers.get("Content-Type", "")
        return StoredObject(_unpacked(answer), etag, age, content_type)

    def put(self, key: str, body: bytes, **options: Unpack[PutOptions]) -> str:
        """Write an object, atomically and if the condition holds; return its ETag."""
        headers = {"Content-Type": options["content_type"]}
        if_match = options.get("if_match")
        if if_match is not None:
            headers["If-Match"] = if_match
        if options.get("if_absent"):
            headers["If-None-Match"] = "*"
        return _etag(self._send("PUT", key, headers, body))

    def put_parts(self, key: str, parts: Iterator[bytes], *, content_type: str) -> None:
        """Write an object from parts: one plain PUT where there is one part, else a multipart upload."""
        first = next(parts, b"")
        second = next(parts, None)
        if second is None:
            self.put(key, first, content_type=content_type)
            return
        target: Any = {"Bucket": self._bucket, "Key": self._prefix + key}
        with _errors():
            upload = self._client.create_multipart_upload(**target, ContentType=content_type).get("UploadId")
        if not upload:
            raise StoreUnavailable(
                f"the storage begins no upload in parts: {_IS_IT_A_STORE}", transient=False
            )
        try:
            done = [self._upload_part(target, upload, 1, first)]
            del first
            done.append(self._upload_part(target, upload, 2, second))
            del second
            done.extend(
                self._upload_part(target, upload, number, part) for number, part in enumerate(parts, 3)
            )
            with _errors():
                answer = self._client.complete_multipart_upload(
                    **target, UploadId=upload, MultipartUpload={"Parts": done}
                )
            _checked_etag(answer)
        except BaseException:
            # Parts of an upload that is never completed are kept, and paid for, until somebody aborts it.
            with suppress(StoreError), _errors():
                self._client.abort_multipart_upload(**target, UploadId=upload)
            raise

    def _upload_part(self, target: Any, upload: str, number: int, part: bytes) -> Any:  # noqa: ANN401 - boto3's dicts
        with _errors():
            answer = self._client.upload_part(**target, UploadId=upload, PartNumber=number, Body=part)
        return {"ETag": _checked_etag(answer), "PartNumber": number}

    def copy(self, source: str, target: str) -> None:
        """Copy an object inside the bucket; raises NoSuchObject."""
        path = quote(f"{self._bucket}/{self._prefix}{source}")
        answer = self._send("PUT", target, {"x-amz-copy-source": path}, reading=True)
        if b"ETag" not in answer.content:
            raise StoreUnavailable(NO_ETAG, transient=False)

    def delete(self, key: str) -> None:
        """Delete an object; one that is gone already is fine."""
        with suppress(NoSuchObject):
            self._send("DELETE", key, {})

    def presign(self, key: str, **options: Unpack[LinkOptions]) -> str:
        """Return a URL by which anybody may GET the object for so many seconds."""
        answer = {
            "response-content-type": options["content_type"],
            "response-content-disposition": options["disposition"],
        }
        request = AWSRequest("GET", self._url_of(key), params=answer)
        auth = S3SigV4QueryAuth(self._credentials, "s3", self._settings.region, options["seconds"])
        auth.add_auth(request)
        return str(request.url)

    def _send(
        self, method: str, key: str, headers: Mapping[str, str], body: bytes = b"", *, reading: bool = False
    ) -> AWSResponse:
        with timing.measured("s3"), _errors():
            answer = self._exchange(method, self._url_of(key), headers, body)
        status = answer.status_code
        is_page = answer.headers.get("Content-Type", "").lower().startswith("text/html")
        is_page = is_page or _PAGE.match(answer.content) is not None
        if status < HTTPStatus.MULTIPLE_CHOICES and is_page and answer.content:
            raise StoreUnavailable(f"the storage answered with a web page: {_IS_IT_A_STORE}", transient=False)
        # A copy may fail after its 200: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        # And nothing that is kept here is XML.
        if status == HTTPStatus.OK and _XML_ERROR.match(answer.content):
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            code = _CODE.search(_unpacked(answer))
            raise _error(
                status,
                code[1].decode(errors="replace") if code else A_PAGE if is_page else "",
                reading=reading,
                needs_object=reading or method == "DELETE" or "If-Match" in headers,
                is_conditional=not {"If-Match", "If-None-Match"}.isdisjoint(headers),
            )
        return answer

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, streams: bool = False
    ) -> AWSResponse:
        """Sign a request and send it: the one way in which anything reaches the store."""
        request = AWSRequest(method, url, dict(headers), body, stream_output=streams)
        S3SigV4Auth(self._credentials, "s3", self._settings.region).add_auth(request)
        # Not signed, since proxies rewrite it.
        request.headers["Accept-Encoding"] = "identity"
        return self._http.send(request.prepare())

    def _send_for_boto3(self, request: Any, **_: object) -> Any:  # noqa: ANN401 - botocore's stubs know less
        """Send what boto3's client has made as everything else is sent, signed anew."""
        made = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        kept = {
            name: value
            for name, value in made.items()
            if name.startswith(("x-amz-", "if-", "content-type", "content-md5"))
            and name not in OF_THE_SIGNATURE
        }
        answer = self._exchange(
            request.method, request.url, kept, request.body or b"", streams=request.stream_output
        )
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status_code < HTTPStatus.BAD_REQUEST:
            # boto3 would ask for the bucket's region, which may be redirected as well, without end.
            answer.raw.close()
            status = answer.status_code
            told = {"Error": {"Code": str(status)}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(told, request.method)  # type: ignore[arg-type]  # of what it has, what is read
        return answer

    def _url_of(self, key: str) -> str:
        return f"{self._url}/{quote(self._prefix + key)}"


def boto3_client(**options: Any) -> S3Client:  # noqa: ANN401 - boto3's own
    """Return boto3's client of S3, which only its options describe."""
    with _MAKING_A_CLIENT:
        client: S3Client = boto3_session().client("s3", **options)
    return client


@cache
def boto3_session() -> Session:
    """Return boto3's session, which reads neither `AWS_*` nor `~/.aws`: they may name another store.

    It reads its descriptions of S3 once: 0.2 s.
    """
    import boto3  # noqa: PLC0415 - said above
    from botocore import session  # noqa: PLC0415 - same

    # Each has its name in a file, its variables, what it is without them, and a conversion:
    # https://github.com/boto/botocore/blob/develop/botocore/configprovider.py
    unread = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in session.Session.SESSION_VARIABLES.items()
    }
    unread |= dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    unread["ignore_configured_endpoint_urls"] = (None, None, True, None)
    unread["s3"] = (None, None, None, None)  # a section, whose entries have variables of their own
    return boto3.session.Session(botocore_session=session.Session(session_vars=unread))


def _checked_etag(answer: Any) -> str:  # noqa: ANN401 - boto3's dicts
    etag: str = answer.get("ETag", "")
    if not etag:
        raise StoreUnavailable(NO_ETAG, transient=False)
    return etag


def written_etag(headers: Mapping[str, str]) -> str:
    """Return the ETag of an answer as it stands there, "" where it is missing or too long to be a store's."""
    etag = str(headers.get("ETag", ""))
    return etag if len(etag) <= LONGEST_ETAG else ""


def _etag(answer: AWSResponse) -> str:
    # One that is there twice is joined by a comma.
    written = map(str.strip, written_etag(answer.headers).split(","))
    found = {match[1] if (match := _ETAG.fullmatch(each)) else "" for each in written}
    if len(found) > 1 or not all(found):
        raise StoreUnavailable(NO_ETAG, transient=False)
    return found.pop()


def _unpacked(answer: AWSResponse) -> bytes:
    """Return a body without the compression that a proxy may add, though none was asked for.

    Its bytes say whether there is one, since the label may be missing or wrong. Nothing kept here begins so.
    """
    body: bytes = answer.content
    is_zlib = body[:1] == b"\x78" and answer.headers.get("Content-Encoding", "").lower() == "deflate"
    if body[:2] != b"\x1f\x8b" and not is_zlib:
        return body
    unpacking = zlib.decompressobj(wbits=47)  # either, by its header
    try:
        body = unpacking.decompress(body, MAX_UNPACKED_BYTES)
    except zlib.error:
        raise StoreUnavailable("the storage's answer is damaged") from None
    if not unpacking.eof:
        raise StoreUnavailable("the storage's answer broke off, or is too large")
    return body


@contextmanager
def _errors() -> Iterator[None]:
    """Turn what botocore raises into our own errors; their texts hold no key, URL or signature."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = str(error.response.get("Error", {}).get("Code", "")).strip()
        raise _error(status, code) from None
    except (BotoCoreError, OSError) as error:
        raise StoreUnavailable(f"the storage could not be reached ({type(error).__name__})") from None


def _error(
    status: int,
    code: str,
    *,
    reading: bool = False,
    needs_object: bool = False,
    is_conditional: bool = False,
) -> StoreError:
    told = f"the storage answered {status} {code[:60]}".rstrip()
    if status == 412 and is_conditional:  # noqa: PLR2004 - HTTP
        return Conflict()
    if is_conditional and (status == 501 or _NOT_IMPLEMENTED.search(code)):  # noqa: PLR2004 - HTTP
        return UnsafeStore(f"{told} to a conditional write: it has none, so a video could be bought twice")
    # Without s3:ListBucket a missing key is a 403 on AWS.
    if reading and status == 403 and code in {"AccessDenied", "403", ""}:  # noqa: PLR2004 - HTTP
        return StoreForbidden()
    # A 404 without a code is not the store's: something before it does not know the way. A write that needs
    # nothing to be there gets one from stores in trouble, or of an upload in parts that is gone.
    if status == 404 and needs_object and NO_OBJECT.fullmatch(code):  # noqa: PLR2004 - HTTP
        return NoSuchObject()
    if status < 400:  # noqa: PLR2004 - HTTP
        told += ": are S3_REGION and S3_ENDPOINT_URL the bucket's?"
    passing = status in {0, 408, 409, 412, 425, 429}
    passing = passing or (status == 404 and code != A_PAGE and "bucket" not in code.lower())  # noqa: PLR2004 - HTTP
    passing = passing or (status >= 500 and status not in {501, 505})  # noqa: PLR2004 - HTTP
    return StoreUnavailable(told, transient=passing or code == "RequestTimeout", code=code)
