# SPDX-License-Identifier: Apache-2.0
"""A lab beside a machine's own libvirt, OVS, MariaDB, RabbitMQ and Ceph: none of them notices."""

import shutil
import tempfile
from pathlib import Path

from counting import Count, cannot_carry_a_lab, tried

NAME = "nightly-neighbours"


def run() -> Count:
    """Try it with a lab of one host."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    from lab.core.cache import Cache
    from lab.lifecycle.building import Lab
    from lab.lifecycle.making import Making
    from lab.model.choices import Choices
    from lab.tests.functional import neighbours
    from lab.tests.functional.cloud import ask
    from lab.tests.functional.commands import Command, WrongError

    cache = Cache()
    lab = Lab(NAME, cache)
    making = Making(lab.plan(Choices(hosts=1)), cache, lab.folder, lab.product)
    for step in making.steps():
        if step.name in ("rootfs", "guest"):
            step.run(print)
    folder = Path(tempfile.mkdtemp(prefix="neighbours-", dir=cache.folder))
    count = Count()
    try:
        with neighbours.Neighbours(making.rootfs, making.guest, folder) as world:

            def command(*words: str) -> None:
                done = Command(*words, before=world.beside())
                if done.wait(580):
                    raise WrongError(done.said[-1500:])

            def boot() -> None:
                ask(NAME, "boot", "beside", before=world.beside())

            for title, check in neighbours.checks(NAME, world, command, boot):
                count += tried(title, check)
    finally:
        lab.remove()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{count.passed}/{count.passed + count.failed}")
    return count
