"""A deployed site, spoken to over HTTP as its page does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from videogen.errors import VideogenError
from videogen.signing import JOB_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_SECONDS = 30.0
OF_THE_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE")
NO_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError)
"""What httpx raises where it cannot ask an address at all; UnicodeError where the host is no name."""
WORKER_PATH = "/.netlify/functions/generate-video-background"


Duration = Annotated[float, Field(ge=0, le=1e9)]


class SiteError(VideogenError):
    """The site did not do what was asked.

    `code` is its own word for why, "" where the answer was none of this project's; `transient` says that the
    same request may do better in a while.
    """

    def __init__(self, detail: str, *, code: str = "", status: int = 0, transient: bool = False) -> None:
        self.code = code
        self.status = status
        self.transient = transient
        super().__init__(detail)


class _Failure(BaseModel):
    model_config = ConfigDict(strict=True)

    code: str
    charged: str


class _Job(BaseModel):
    """What is used of a job as a site tells it: whatever is at the address may answer."""

    model_config = ConfigDict(strict=True, alias_generator=to_camel)

    job_id: Annotated[str, Field(pattern=rf"^{JOB_ID.pattern}$")]
    status: str
    stage: str | None = None
    elapsed_seconds: Duration | None = None
    estimated_seconds: dict[str, Duration] | None = None
    poll_after_ms: Duration | None = None
    failure: _Failure | None = None


class _Completed(_Job):
    elapsed_seconds: Duration
    download_url: str


class Site:
    """A site by its address, such as https://my-videos.netlify.app."""

    def __init__(self, url: str, http: httpx.Client) -> None:
        self.url = url.rstrip("/")
        self._http = http

    def start(self, body: Mapping[str, Any], *, key: str, access_code: str = "") -> dict[str, Any]:
        """Start a video; the same key with the same body starts no second one. Raises SiteError."""
        headers = {"Idempotency-Key": key}
        if access_code:
            headers["X-Access-Code"] = access_code
        answer = self._json("POST", "/api/start-video", json=dict(body), headers=headers)
        return self._checked(answer, _Job)  # of a job that is completed already only the state is told here

    def status(self, job_id: str) -> dict[str, Any]:
        """Return a job as the page sees it; raises SiteError."""
        answer = self._json("GET", "/api/check-video-status", params={"jobId": job_id})
        return self._checked(answer, _Completed if answer.get("status") == "completed" else _Job)

    def cancel(self, job_id: str, owner_token: str) -> dict[str, Any]:
        """Cancel a job; raises SiteError."""
        return self._json("POST", "/api/cancel-video", json={"jobId": job_id, "ownerToken": owner_token})

    def config(self) -> dict[str, Any]:
        """Return what the build told the page; raises SiteError."""
        return self._json("GET", "/config.json")

    def wake_worker(self) -> int:
        """Send the worker a call that it refuses, unsigned as it is; return the status. Raises SiteError."""
        return self._send("POST", WORKER_PATH, content=b"{}").status_code

    def _checked(self, answer: dict[str, Any], kind: type[_Job]) -> dict[str, Any]:
        try:
            kind.model_validate(answer)
        except ValidationError:
            raise SiteError(
                f"{self.url} answered without a job: is a videogen site at this address?"
            ) from None
        return answer

    def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's own
        response = self._send(method, path, **options)
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise SiteError(
                f"{method} {self.url}{path} answered {response.status_code} and no JSON",
                status=response.status_code,
                transient=response.is_server_error,
            )
        if response.is_success:
            return body
        raise SiteError(
            str(body.get("detail") or f"{method} {path} answered {response.status_code}"),
            code=str(body.get("code") or ""),
            status=response.status_code,
            transient=response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS,
        )

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        try:
            response = self._http.request(method, self.url + path, **options)
        except NO_ADDRESS:
            raise SiteError(
                f"{self.url} is not a web address: write it as https://videos.netlify.app"
            ) from None
        except httpx.HTTPError as error:
            raise SiteError(
                f"{self.url} cannot be reached ({type(error).__name__})", transient=True
            ) from None
        there = _origin(response.next_request.url) if response.next_request else ""
        if there.startswith("http") and there != _origin(response.url):
            raise SiteError(f"{self.url} redirects to {there}: if that is your site, pass it with --site")
        return response


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def new_http(*, trusting_environment: bool = True) -> httpx.Client:
    """Return a client for this machine's proxies and certificates; raises SiteError where there is none."""
    headers = {"User-Agent": "videogen"}
    try:
        return httpx.Client(timeout=TIMEOUT_SECONDS, headers=headers, trust_env=trusting_environment)
    except (httpx.InvalidURL, ValueError, ImportError, OSError):
        # What it says may quote a proxy's password.
        raise SiteError(
            f"a variable of this machine's network cannot be used: one of {', '.join(OF_THE_NETWORK)}"
        ) from None
