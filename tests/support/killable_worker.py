"""One delivery of the worker in a process of its own, to be killed: the event comes on standard input.

The environment is that of a deployed site. It ends with 0 where the platform would not deliver again.
"""

from __future__ import annotations

import json
import sys

from support.functions_under_test import Context
from videogen.functions.generate_video_background import handler

if __name__ == "__main__":
    handler(json.load(sys.stdin), Context(seconds=840.0))
