# SPDX-License-Identifier: Apache-2.0
"""The engine of a lab that is laid out by a plan, with its hosts' BMCs.

What it does with hosts is `lab.core.engine`; here the plan comes to it.
"""

from pathlib import Path

from lab.core.engine import Engine
from lab.hosts import bmcs
from lab.model.layout import layout
from lab.model.plan import Plan


class LabEngine(Engine):
    """The engine of the lab laid out in `plan`, kept in `folder`."""

    def __init__(self, plan: Plan, folder: Path):
        super().__init__(layout(plan), folder)
        self.plan = plan

    def make(self, rootfs: Path) -> None:
        """Make everything but running hosts: namespaces, networks, disks, and the BMCs, serving.

        :raises lab.core.outer.OuterError: it did not come up.
        """
        self.start(rootfs, [bmcs.configure(self.plan, self.folder)])

    def bmc_config(self, host: str) -> Path:
        """Return the path of the configuration of the host's BMC, as this machine sees it.

        :raises lab.model.plan.PlanError: there is no such host, or it has no BMC.
        """
        return bmcs.config(self.plan, self.folder, host)
