# SPDX-License-Identifier: Apache-2.0
"""How servers of the cloud in memory are rescued, and what their rescue systems see.

A rescue system has a home folder of its own; the disk of its server is mounted by the stand-in for
mount. May not know: who asks for it.
"""

from __future__ import annotations

import shutil
import uuid

from migration_tests.tests.unit.fake_api import refusal


class FakeRescues:
    """Rescue and unrescue."""

    def rescue_folder(self, server):
        return self.folder / f"rescue-{server}"

    def home(self, server):
        """The home folder of the system that runs: the server's, or that of its rescue."""
        state = self.servers[server]["OS-EXT-STS:vm_state"]
        if state == "rescued" and self.behaviour.rescues_on_own_disk:
            return self.folder / server
        return self.rescue_folder(server) if state == "rescued" else self.folder / server

    def rescue(self, server, values):
        if not self.behaviour.rescues:
            raise refusal(409, f"Cannot 'rescue' instance {server}")
        self.rescue_images[server] = values["rescue_image_ref"]
        self.act(server, "rescue", "compute_rescue_instance")["left"] = 0
        self.busy(server, "rescuing")
        self.end_writers(server)
        if not self.behaviour.rescues_end:
            return

        def boot():
            if self.behaviour.rescued_fail:
                self.runs(server, "ERROR")
                return
            self._rescue_system(server)
            self.runs(server)
            self.servers[server] |= {"status": "RESCUE", "OS-EXT-STS:vm_state": "rescued"}

        self.coming[server] = [lambda: None, boot]

    def _rescue_system(self, server):
        home = self.rescue_folder(server)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        own = self.behaviour.rescues_on_own_disk
        for folder in (home, self.folder / server) if own else (home,):
            (folder / ".boot_id").write_text(f"{uuid.uuid4()}\n")
        for folder in {home, self.home(server), self.folder / server}:
            lines = ["major minor  #blocks  name", "", " 252 0 40960 vda", " 11 0 1024 sr0"]
            if self.behaviour.rescue_has_disk:
                lines.append(f" 252 16 {self.disk_size(server) // 1024} vdb")
            (folder / ".partitions").write_text("\n".join(lines) + "\n")
            (folder / ".mountinfo").write_text("1 0 252:0 / / rw - ext4 /dev/vda rw\n")
            (folder / ".block").mkdir(exist_ok=True)
            link = folder / ".block" / "252:0"
            if not link.is_symlink():
                link.symlink_to("../devices/vda")

    def unrescue(self, server, _):
        if not self.behaviour.unrescues:
            raise refusal(409, f"Cannot 'unrescue' instance {server}")
        self.act(server, "unrescue", "compute_unrescue_instance")["left"] = 0
        self.busy(server, "unrescuing")
        if not self.behaviour.unrescues_end:
            return

        def boot():
            if not self.behaviour.keeps_writes:
                shutil.rmtree(self.folder / server)
                (self.folder / server).mkdir()
            self.new_boot(server)
            self.runs(server)

        self.coming[server] = [lambda: None, boot]
