"""A whole job on a real S3 server, which is strict where moto is lenient; once over TLS as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.buckets import KINDS, Buckets, buckets
from support.fake_clock import SkippingClock
from support.real_worker import CLIP, RealWorker
from videogen import service, signing
from videogen.errors import NoSuchObject
from videogen.job_store import photo_keys
from videogen.jobs import Status
from videogen.local.blackbox import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.real_worker import Tally


@pytest.fixture(scope="module")
def all_buckets() -> Iterator[Buckets]:
    with buckets() as given:
        yield given


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("film", [CLIP, CLIP + bytes(17_000_000)], ids=["one-part", "three-parts"])
def test_a_job_is_made_and_erased_on_every_kind_of_store(
    kind: str, film: bytes, all_buckets: Buckets, tally: Tally
) -> None:
    clock = SkippingClock()
    with Simulator(render=lambda _: film) as simulator:
        worker = RealWorker(all_buckets.bucket(kind, clock.now), simulator, clock)
        job_id = worker.start("a lake")

        worker.deliver(job_id, times=1)
        worker.deliver(job_id, times=1)

        job = worker.deps.store.read(job_id).job
        tally.add(job, purchases=worker.purchases(job_id))
        assert (job.status, job.epoch, worker.purchases(job_id)) == (Status.COMPLETED, 1, 1)
        assert job.video is not None
        assert job.video.bytes == len(film)
        assert worker.has_its_bytes(job)

        token = signing.owner_token(worker.deps.keys[0], job_id)
        keys = [job.video.key, *photo_keys(job)]
        for _ in range(2):
            erased = service.erase(worker.deps, job_id, token)
            assert (erased.prompt, erased.video, erased.deleted_at is None) == ("", None, False)
        for key in keys:
            with pytest.raises(NoSuchObject):
                worker.objects.get(key)
