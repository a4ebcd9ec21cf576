"""What jobs that wait cost a worker: its memory and its processor time with 1, 50 and 200 of them.

Part of `make bench`. Alone it writes its own part of bench/results.json, and the pages:

    PYTHONPATH=src:netlify/plugin .venv/bin/python bench/waiting_jobs.py

The worker is a process of its own; bucket, queue and provider are stand-ins in this one, on the same
processors. Its memory is VmRSS (Linux) once every job has been called, and its processor time is that until
then, the processes that clean photos included.
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
from typing import Any

import figures
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

SRC = Path(service.__file__).parents[1]
CLIP = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1" + bytes(2048)
WAIT_SECONDS = 600.0
COUNTS = (1, 50, 200)
SIGNING_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


def waiting_jobs(load: float) -> dict[str, Any]:
    """Return what was measured with each number of jobs, and under which load."""
    return {"load": round(load, 1), "rows": [measure(jobs) for jobs in COUNTS]}


def measure(jobs: int) -> dict[str, float | None]:
    """Return a worker's memory in MB and its processor seconds when so many jobs wait, and its pace."""
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
        environment = {**environ, "PATH": os.environ["PATH"], "PYTHONPATH": str(SRC)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as worker:
            try:
                first = called(blackbox, 1)
                pace = (jobs - 1) / (called(blackbox, jobs) - first) if jobs > 1 else None
                time.sleep(2)  # until the last request is sent whole
                process = Path(f"/proc/{worker.pid}")
                megabytes = int(process.joinpath("status").read_text().split("VmRSS:")[1].split()[0]) / 1024
                # Of the process and of the children that it has waited for: utime, stime, cutime, cstime.
                ticks = process.joinpath("stat").read_text().rsplit(")", 1)[1].split()[11:15]
                seconds = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            finally:
                worker.kill()
    return {
        "jobs": jobs,
        "megabytes": round(megabytes, 1),
        "processorSeconds": round(seconds, 2),
        "jobsPerSecond": pace and round(pace, 1),
    }


def called(blackbox: Simulator, jobs: int) -> float:
    """Wait until so many calls have come; return the moment."""
    while blackbox.posts < jobs:
        time.sleep(0.02)
    return time.monotonic()


def photo() -> bytes:
    """Return a JPEG of the size that the page sends."""
    made = io.BytesIO()
    Image.effect_noise((1280, 720), 60).convert("RGB").save(made, "JPEG", quality=85)
    return made.getvalue()


if __name__ == "__main__":
    results = json.loads(figures.RESULTS.read_text(encoding="utf-8"))
    results["waitingJobs"] = waiting_jobs(os.getloadavg()[0])
    figures.RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    figures.main()
    print(json.dumps(results["waitingJobs"], indent=2))
