"""Files that botocore ships, found without importing it, which takes longer than all else at a start."""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from pathlib import Path


def botocore_file(name: str) -> Path:
    """Return the path of a file in botocore's package; raises ModuleNotFoundError where it is missing."""
    found = importlib.util.find_spec("botocore")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(
            "botocore is not installed: pip install -r requirements.txt", name="botocore"
        )
    return Path(found.submodule_search_locations[0], name)


@cache
def domain_of(region: str) -> str:
    """Return the domain of AWS that a region is in: "amazonaws.com", in China "amazonaws.com.cn".

    As botocore's rules find it: by name, else by its form, else in the first partition.
    """
    partitions = json.loads(botocore_file("data/partitions.json").read_bytes())["partitions"]
    for partition in partitions:
        if region in partition["regions"] or re.match(partition["regionRegex"], region):
            return str(partition["outputs"]["dnsSuffix"])
    return str(partitions[0]["outputs"]["dnsSuffix"])
