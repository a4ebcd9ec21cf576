"""The rules that a bucket should have: old jobs expire, and the page may read a video to share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDERS = ("jobs/", "photos/", "videos/", "ledger/")
"""What expires. The durations under stats/ are a short list for each model and stay."""
ACTIONS = {"Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"}
UPLOAD_DAYS = 1
"""Parts of an upload that was never completed are paid for until something aborts it."""
OLD_VERSION_DAYS = 1
"""What a visitor erased goes as soon as S3 allows."""


def lifecycle(prefix: str, keep_days: int, *, versions: bool) -> list[dict[str, Any]]:
    """Return the lifecycle rules of a site whose keys begin with `prefix`.

    With `versions`, for a bucket that keeps them or once did, also what was erased or written over expires.
    """
    old = {"NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSION_DAYS}} if versions else {}
    return [
        {
            "ID": f"videogen {prefix}{folder[:-1]}",
            "Status": "Enabled",
            "Filter": {"Prefix": prefix + folder},
            "Expiration": {"Days": keep_days},
            **old,
        }
        for folder in FOLDERS
    ] + [
        {
            "ID": f"videogen {prefix}unfinished uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": f"{prefix}videos/"},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UPLOAD_DAYS},
        }
    ]


def missing(wanted: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the wanted rules of which the bucket's enabled ones leave something undone."""
    return [
        rule
        for rule in wanted
        if not all(any(_does(other, rule, action) for other in found) for action in rule.keys() & ACTIONS)
    ]


def sooner(prefix: str, keep_days: int, found: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the enabled rules that delete something of a site before so many days, named, and when."""
    early: dict[str, str] = {}
    for rule in found:
        filtered = rule.get("Filter", {})
        filtered = filtered.get("And", filtered)
        reach, done = filtered.get("Prefix", rule.get("Prefix", "")), rule.get("Expiration", {})
        is_early = "Date" in done or done.get("Days", keep_days) < keep_days
        # Nothing that a site writes has tags.
        if not is_early or rule.get("Status") != "Enabled" or filtered.keys() & {"Tag", "Tags"}:
            continue
        if any(reach.startswith(prefix + one) or (prefix + one).startswith(reach) for one in FOLDERS):
            days = done.get("Days")
            when = f"after {days} day{'' if days == 1 else 's'}"
            if "Date" in done:
                when = f"on {done['Date']:%Y-%m-%d}"
            early[f"the rule {rule['ID']}" if rule.get("ID") else "an unnamed rule"] = when
    return early


def merged(found: Sequence[dict[str, Any]], added: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a bucket's rules with ours; those of the same ID are replaced, all others stay."""
    ids = {rule["ID"] for rule in added}
    return [rule for rule in found if rule.get("ID") not in ids] + list(added)


def cors(origin: str) -> dict[str, Any]:
    """Return the rule by which the page of a site may read videos and share them as files."""
    return {"AllowedOrigins": [origin], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": ["*"]}


def _does(rule: dict[str, Any], wanted: dict[str, Any], action: str) -> bool:
    filtered = rule.get("Filter", {})
    if rule.get("Status") != "Enabled" or set(filtered) - {"Prefix"}:
        return False
    reach = filtered.get("Prefix", rule.get("Prefix", ""))
    if not wanted["Filter"]["Prefix"].startswith(reach):
        return False
    if action == "AbortIncompleteMultipartUpload":
        return action in rule
    done = rule.get(action, {})
    return bool(done.items() >= wanted[action].items() and not done.get("NewerNoncurrentVersions"))
