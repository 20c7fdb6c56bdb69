# SPDX-License-Identifier: Apache-2.0
"""The restart policy of a container: what its engine does with it when it ends, and at a boot.

Knows the commands of docker and podman and where docker keeps its settings of it; not what the
container is.
"""

import json
from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell

NO = "no"

_FORMAT = (
    "{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}} {{.Id}}"
)
_DOCKER = "docker"
# podman's own database puts every change on the disk before the command ends; docker's file is
# flushed once more, and nothing but it.
_REMEDY = (
    "let a unit of systemd keep the container (podman can change a restart policy from 5.1 on)"
)
_SYNC = 'sync "$1/hostconfig.json" "$1" && cat "$1/hostconfig.json"'


@dataclass(frozen=True)
class Container:
    """One container, to an engine.

    :ivar engine: ``docker`` or ``podman``
    """

    engine: str
    name: str

    def policy(self, shell: HostShell, deadline: Deadline) -> str:
        """Return its policy, ``no`` or ``on-failure:5``; "" if there is no such container.

        :raises chaos.errors.ServiceError: if the engine cannot be asked
        """
        found = self._look(shell, deadline)
        return found[0] if found else ""

    def require_change(self, shell: HostShell, deadline: Deadline) -> None:
        """See that its engine can change a policy; changes nothing.

        :raises chaos.errors.ServiceError: if it cannot
        """
        known = shell.run([self.engine, "update", "--help"], deadline).stdout
        if "--restart" not in known:
            raise errors.ServiceError(
                f"{self.engine} on {shell.host.name} cannot change the restart policy of the "
                f"container {self.name}",
                remedy=_REMEDY,
            )

    def set_policy(self, shell: HostShell, policy: str, deadline: Deadline) -> None:
        """Change its policy; it is on the disk when this returns.

        :raises chaos.errors.ServiceError: if the engine does not do that
        """
        argv = [self.engine, "update", f"--restart={policy}", self.name]
        done = shell.run(argv, deadline)
        if done.exit_status:
            said = (done.stderr.strip() or done.stdout.strip())[-300:]
            raise errors.ServiceError(
                f"{self.engine} on {shell.host.name} does not change the restart policy of the "
                f"container {self.name}: {said or f'status {done.exit_status}'}",
                remedy=_REMEDY,
            )
        if self.engine == _DOCKER:
            self._sync(shell, policy, deadline)

    def by_hand(self, policy: str) -> str:
        """Return the command that sets a policy and starts it."""
        return (
            f"{self.engine} update --restart={policy} {self.name} && "
            f"{self.engine} start {self.name}"
        )

    def _look(self, shell: HostShell, deadline: Deadline) -> tuple[str, str] | None:
        argv = [self.engine, "container", "inspect", "--format", _FORMAT, self.name]
        done = shell.run(argv, deadline)
        if done.exit_status == 0:
            # Without a policy some versions leave its name out.
            name, retries, container = (f"{NO} {done.stdout.strip()}").split()[-3:]
            limited = name == "on-failure" and retries != "0"
            return f"{name}:{retries}" if limited else name, container
        said = done.stderr.strip()
        if "no such container" in said.lower():
            return None
        raise errors.ServiceError(
            f"{self.engine} on {shell.host.name} cannot be asked for the container {self.name}: "
            f"{said[-300:] or f'status {done.exit_status}'}",
            remedy=f"run '{self.engine} container inspect {self.name}' there",
        )

    def _sync(self, shell: HostShell, policy: str, deadline: Deadline) -> None:
        found = self._look(shell, deadline)
        argv = [self.engine, "info", "--format", "{{.DockerRootDir}}"]
        root = shell.check(argv, deadline).stdout.strip()
        folder = f"{root}/containers/{found[1] if found else ''}"
        written = shell.check(["sh", "-ec", _SYNC, "sh", folder], deadline).stdout
        name = json.loads(written).get("RestartPolicy", {}).get("Name") or NO
        if name != policy.partition(":")[0]:
            raise errors.ServiceError(
                f"{folder}/hostconfig.json on {shell.host.name} says {name} of the restart policy",
                expected=policy,
            )
