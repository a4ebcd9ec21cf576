"""The rules that a bucket should have: old jobs expire, and the page may read a video to share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDERS = ("jobs/", "photos/", "videos/", "ledger/")
"""What expires. The durations under stats/ are a short list for each model and stay."""
UPLOAD_DAYS = 1
"""Parts of an upload that was never completed are paid for until something aborts it."""


def lifecycle(prefix: str, keep_days: int) -> list[dict[str, Any]]:
    """Return the lifecycle rules of a site whose keys begin with `prefix`."""
    return [
        {
            "ID": f"videogen {prefix}{folder[:-1]}",
            "Status": "Enabled",
            "Filter": {"Prefix": prefix + folder},
            "Expiration": {"Days": keep_days},
            # Of a bucket that keeps versions, or once did: what was erased or written over.
            "NoncurrentVersionExpiration": {"NoncurrentDays": UPLOAD_DAYS},
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
    """Return the wanted rules that no enabled one of the bucket's does."""
    return [rule for rule in wanted if not any(_does(other, rule) for other in found)]


def merged(found: Sequence[dict[str, Any]], added: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a bucket's rules with ours; those of the same ID are replaced, all others stay."""
    ids = {rule["ID"] for rule in added}
    return [rule for rule in found if rule.get("ID") not in ids] + list(added)


def cors(origin: str) -> dict[str, Any]:
    """Return the rule by which the page of a site may read videos and share them as files."""
    return {"AllowedOrigins": [origin], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": ["*"]}


def _does(rule: dict[str, Any], wanted: dict[str, Any]) -> bool:
    filtered = rule.get("Filter", {})
    if rule.get("Status") != "Enabled" or set(filtered) - {"Prefix"}:
        return False
    reach = filtered.get("Prefix", rule.get("Prefix", ""))
    if not wanted["Filter"]["Prefix"].startswith(reach):
        return False
    if "Expiration" in wanted:
        days = rule.get("Expiration", {}).get("Days")
        return bool(days == wanted["Expiration"]["Days"])
    return "AbortIncompleteMultipartUpload" in rule
