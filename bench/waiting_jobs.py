"""What a waiting job costs in `videogen worker`: memory and processor time with 1, 50 and 200 of them.

    PYTHONPATH=src .venv/bin/python bench/waiting_jobs.py

The worker is a process of its own; bucket, queue and provider are stand-ins in this one. Its memory is VmRSS
(Linux) once every job has been called.
"""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from videogen import service, settings
from videogen.clock import Clock
from videogen.local.blackbox import Simulator
from videogen.local.s3 import S3Server
from videogen.local.sqs import SqsServer
from videogen.objects import S3Objects
from videogen.queue.dispatch import QueueDispatch
from videogen.queue.sqs import SqsQueue
from videogen.service import Order, Upload

CLIP = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1" + bytes(2048)
WAIT_SECONDS = 600.0
SIGNING_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


def measure(jobs: int) -> dict[str, float]:
    """Return the worker's memory in MB, and its processor seconds, when so many jobs wait."""
    with (
        S3Server() as s3,
        SqsServer() as sqs,
        Simulator(delay=WAIT_SECONDS, render=lambda _: CLIP) as blackbox,
    ):
        environ = {
            **s3.environment,
            **sqs.environment,
            "VIDEOGEN_SIGNING_SECRET": SIGNING_SECRET,
            "VIDEOGEN_DAILY_LIMIT": "none",
            "BLACKBOX_API_KEY": "simulator-key",
            "BLACKBOX_BASE_URL": blackbox.url,
            "VIDEOGEN_VIDEO_HOSTS": blackbox.url,
        }
        read = settings.read(environ)
        deps = service.Deps.over(S3Objects(read.s3), read, clock=Clock())
        dispatch = QueueDispatch(SqsQueue(sqs.settings()))
        order = Order(prompt="slow pan", model="blackboxai/veo-3.1", uploads=(Upload(photo(), "image/jpeg"),))
        for _ in range(jobs):
            service.start(deps, order, dispatch)
        command = [sys.executable, "-m", "videogen.cli", "worker", "--jobs", "200", "--drain", "0"]
        environment = {**environ, "PATH": os.environ["PATH"], "PYTHONPATH": "src"}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as worker:
            try:
                while blackbox.posts < jobs:
                    time.sleep(0.2)
                time.sleep(2)
                status = Path(f"/proc/{worker.pid}/status").read_text(encoding="ascii")
                megabytes = int(status.split("VmRSS:")[1].split()[0]) / 1024
                fields = (
                    Path(f"/proc/{worker.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
                )
                seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            finally:
                worker.kill()
    return {"jobs": jobs, "megabytes": round(megabytes, 1), "processorSeconds": round(seconds, 2)}


def photo() -> bytes:
    """Return a JPEG of the size that the page sends."""
    made = io.BytesIO()
    Image.effect_noise((1280, 720), 60).convert("RGB").save(made, "JPEG", quality=85)
    return made.getvalue()


if __name__ == "__main__":
    found = [measure(jobs) for jobs in (1, 50, 200)]
    print(json.dumps(found, indent=2))
    each = (found[-1]["megabytes"] - found[0]["megabytes"]) / (found[-1]["jobs"] - found[0]["jobs"])
    print(f"{each:.2f} MB a waiting job; {found[-1]['megabytes'] / 200:.2f} MB with its share of the process")
