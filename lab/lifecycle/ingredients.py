# SPDX-License-Identifier: Apache-2.0
"""What labs are made from and share: root file system, database template, guest image.

Knows where each is in the cache and how it comes to be there; nothing of a lab.
"""

from pathlib import Path

from lab import guest, rootfs, template
from lab.core.cache import Cache
from lab.core.steps import Step
from lab.lifecycle.runner import Report
from lab.model.choices import Choices
from lab.services import all as services

ROOTFS, TEMPLATE, GUEST = "rootfs", "template", "guest"


class Ingredients:
    """What a lab of these choices is made from, there or not.

    :param cache: where it is kept.
    """

    def __init__(self, choices: Choices, cache: Cache):
        self._cache = cache
        self._release = choices.release
        self._lock = choices.lock_text
        self._services = services.declared(choices.extras)

    @property
    def rootfs(self) -> Path:
        """Where the root file system is, or will be."""
        return self._cache.built(ROOTFS, rootfs.key(self._lock))

    @property
    def template(self) -> Path:
        """Where the database template is, or will be."""
        return self._cache.built(TEMPLATE, template.key(self._lock, self._services))

    @property
    def guest(self) -> Path:
        """Where the guest image's folder is, or will be."""
        return self._cache.built(GUEST, guest.key(rootfs.base_key()))

    @property
    def guest_image(self) -> Path:
        """The file of the guest image."""
        return self.guest / guest.IMAGE

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them, and what the root file system is put together from."""
        parts = rootfs.ingredients(self._cache, self._lock)
        return (*parts, self.rootfs, self.template, self.guest)

    def steps(self) -> list[Step]:
        """Return the steps that build what is not there."""
        # What is built is the same for all labs of a release; what boots differs with the lab.
        like = self._release
        return [
            Step(ROOTFS, "build the root file system", self._build_rootfs,
                 like=like, there=self.rootfs.is_dir()),
            Step(TEMPLATE, "make the database template", self._build_template, (ROOTFS,),
                 like=like, there=self.template.exists()),
            Step(GUEST, "build the guest image", self._build_guest, (ROOTFS,),
                 like=like, there=self.guest.exists()),
        ]  # fmt: skip

    def _build_rootfs(self, report: Report) -> None:
        rootfs.build(self._cache, self._lock, report)

    def _build_template(self, report: Report) -> None:
        with self._cache.building(TEMPLATE):
            template.build(self.rootfs, self.template, self._services)

    def _build_guest(self, report: Report) -> None:
        with self._cache.building(GUEST):
            guest.build(self.rootfs, self.guest)
