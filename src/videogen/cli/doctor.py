"""`videogen doctor`: whether a site can work, one finding a line, each with the remedy.

It asks in the order in which things break: variables, bucket, key of the provider, secret, site. What cannot
be asked since something before it failed is left out, so the first failing line is the cause. It writes one
object under doctor/ and deletes it again, and spends nothing.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import httpx

from videogen import settings as site_settings
from videogen import signing
from videogen.cli import doctor_bucket, doctor_queue
from videogen.cli.api_client import NO_ADDRESS, Site, SiteError
from videogen.cli.findings import Failed, Finding
from videogen.errors import SettingsError
from videogen.page_config import page_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from videogen.settings import BlackboxSettings, Settings, SiteSettings


SHORT_CODE = 8
PAUSED = "paused"
"""The code of a site that its operator has closed for a while."""


def examine(
    environ: Mapping[str, str],
    *,
    http: httpx.Client,
    site: str | None = None,
    fix: bool = False,
    now: Callable[[], float] = time.time,
) -> Iterator[Finding]:
    """Yield the findings, in order. `site` is the deployed site's origin; `fix` sets the bucket's rules."""
    try:
        found = site_settings.read(environ, blackbox=True)
    except SettingsError as error:
        yield from (_variable_failure(problem) for problem in error.problems)
        try:
            found = site_settings.read(environ)
        except SettingsError:
            return
    else:
        yield Finding("ok", "variables", _described(found))
    code = found.site.access_code
    if code is not None and len(code.reveal()) < SHORT_CODE:
        yield Finding(
            "warning",
            "access code",
            f"VIDEOGEN_ACCESS_CODE has fewer than {SHORT_CODE} characters: it can be guessed",
            "set a longer one",
        )
    yield from _until_failure(doctor_bucket.examine(found, http, site, fix=fix, now=now))
    if found.blackbox is not None:
        yield from _until_failure(_blackbox(found.blackbox, found.site, http))
    if found.queue is not None:
        yield from _until_failure(doctor_queue.examine(found.queue))
    yield Finding("ok", "signing secret", _secrets(len(found.signing_keys)))
    yield from notifications(environ)
    if site is None:
        yield Finding(
            "warning", "site", "not asked", "name the deployed site: videogen doctor --site https://…"
        )
    else:
        yield from _until_failure(_site(found, Site(site, http)))


def _until_failure(findings: Iterator[Finding]) -> Iterator[Finding]:
    try:
        yield from findings
    except Failed as failed:
        yield failed.finding


def _variable_failure(problem: str) -> Finding:
    cause, _, remedy = problem.partition(": ")
    return Finding("failure", "variables", cause, remedy)


def _described(found: Settings) -> str:
    limit = found.site.daily_limit
    models = ", ".join(
        f"{model.id} ({'price not set' if model.price is None else f'{model.price:.2f} USD'})"
        for model in found.site.models
    )
    return (
        f"bucket {found.s3.bucket}; {models}; {f'{limit} videos a day' if limit else 'no daily limit'}; "
        f"videos kept {found.site.keep_days} days"
    )


def _secrets(count: int) -> str:
    return "well formed" if count == 1 else f"well formed; {count} of them, of which the first one signs"


def notifications(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the keys for Web Push, where there are any."""
    try:
        push = site_settings.read_push(environ)
    except SettingsError as error:
        yield from (_variable_failure(problem) for problem in error.problems)
        return
    if push is None:
        return
    from videogen.push import is_pair  # noqa: PLC0415 - no other finding waits for the ciphers

    if not is_pair(push):
        yield Finding(
            "failure",
            "notifications",
            "VIDEOGEN_VAPID_PRIVATE_KEY does not belong to VIDEOGEN_VAPID_PUBLIC_KEY",
            "set both to what this prints, and deploy: videogen push-keys",
        )
    elif not push.subject:
        yield Finding(
            "warning",
            "notifications",
            "VIDEOGEN_VAPID_SUBJECT is not set: some push services refuse messages without it",
            "set it to an address of yours, such as mailto:you@example.com",
        )
    else:
        yield Finding("ok", "notifications", "the two keys belong together")


# --- provider ----------------------------------------------------------------------------------------------


def _blackbox(blackbox: BlackboxSettings, site: SiteSettings, http: httpx.Client) -> Iterator[Finding]:
    about = "Blackbox"
    models = f"{blackbox.base_url.removesuffix('/v1')}/v1/models"
    try:
        answer = http.get(
            models,
            headers={"Authorization": f"Bearer {blackbox.api_key.reveal()}", "Accept": "application/json"},
        )
    except (httpx.HTTPError, *NO_ADDRESS) as error:
        detail = f"{blackbox.base_url} cannot be reached ({type(error).__name__})"
        raise Failed(about, detail, "correct BLACKBOX_BASE_URL; is this machine online?") from None
    if answer.status_code in {401, 403}:
        raise Failed(
            about,
            f"BLACKBOX_API_KEY was refused ({answer.status_code})",
            "copy the key anew from your Blackbox account, or make another one there",
        )
    try:
        listed = {str(model["id"]) for model in answer.json()["data"]} if answer.is_success else None
    except (ValueError, KeyError, TypeError):
        listed = None
    if listed is None:
        detail = f"{models} answered {answer.status_code} and no list of models"
        raise Failed(about, detail, "correct BLACKBOX_BASE_URL, or wait: the provider may be down")
    unlisted = [model.id for model in site.models if model.id not in listed]
    if unlisted:
        yield Finding(
            "warning",
            about,
            f"the key is taken, but its list of {len(listed)} models lacks {', '.join(unlisted)}",
            "set BLACKBOX_MODELS to models of this key, or prove it with: videogen doctor --buy-one",
        )
        return
    yield Finding("ok", about, f"the key is taken, and every model is among its {len(listed)}")


# --- site --------------------------------------------------------------------------------------------------


def _site(found: Settings, site: Site) -> Iterator[Finding]:
    job_id = signing.new_job_id(os.urandom)
    _expect("check-video-status", lambda: site.status(job_id), statuses=(404,), code="job_not_found")
    yield Finding("ok", "site", f"{site.url} answers: Python runs, and it reaches its bucket")
    token = signing.owner_token(found.signing_keys[0], job_id)
    try:
        site.cancel(job_id, token)
    except SiteError as error:
        if error.code == "owner_token":
            raise Failed(
                "site, secret",
                "VIDEOGEN_SIGNING_SECRET here is not the deployed site's",
                "set the same one in both places, and deploy again after changing it at Netlify",
            ) from None
    _expect("cancel-video", lambda: site.cancel(job_id, token), statuses=(404,), code="job_not_found")
    yield Finding("ok", "site, secret", "the site's signing secret is the one set here")
    refusal = _expect(
        "start-video",
        lambda: site.start({}, key="videogen-doctor-asks"),
        statuses=(400, 401, 429),
        code=None,
    )
    if refusal == PAUSED:
        yield Finding(
            "warning",
            "site, start",
            "paused: VIDEOGEN_PAUSED is set there, and no video can be started",
            "to open the site again, unset it at Netlify, and deploy again",
        )
    else:
        yield Finding("ok", "site, start", "start-video answers")
    try:
        status = site.wake_worker()
    except SiteError as error:
        raise Failed("site, worker", error.detail, "deploy the site again") from None
    if status != httpx.codes.ACCEPTED:
        raise Failed(
            "site, worker",
            f"generate-video-background answered {status} instead of 202",
            "deploy again; a password on the site also keeps it from calling itself",
        )
    yield Finding("ok", "site, worker", "generate-video-background takes calls")
    try:
        config = site.config()
    except SiteError as error:
        raise Failed("site, page", error.detail, "deploy with the build: netlify deploy") from None
    stale = [name for name, value in page_config(found.site).items() if config.get(name) != value]
    if stale:
        yield Finding(
            "warning",
            "site, page",
            f"the page was built with other values here: {', '.join(stale)}",
            "set the same variables in both places, and deploy again",
        )
    else:
        yield Finding("ok", "site, page", "the page was built with the values set here")


def _expect(function: str, ask: Callable[[], Any], *, statuses: tuple[int, ...], code: str | None) -> str:
    """Return the code with which a site refuses a question; raises Failed where that is no sign of health."""
    try:
        ask()
    except SiteError as error:
        is_meant = error.status in statuses and error.code and code in {None, error.code}
        if is_meant or error.code == PAUSED:
            return error.code
        remedies = {
            "misconfigured": "set the variables that the function log names at Netlify, and deploy again",
            "storage_unavailable": "set the S3_* variables of this machine at Netlify too, and deploy again",
        }
        remedy = remedies.get(error.code, "deploy the site; the functions' log at Netlify says more")
        if error.status == 0:
            remedy = "correct --site, or deploy the site"
        raise Failed("site", f"{function}: {error.detail}", remedy) from None
    raise Failed("site", f"{function} knows a job that does not exist", "is this a videogen site?")
