# SPDX-License-Identifier: Apache-2.0
"""A service that is a container of docker or podman, as kolla and others run them.

Two things are not what they seem. The container's first process is often only an init that passes
on signals (dumb-init in kolla's images): the service is its child. And a container is often kept
by a unit of systemd that starts it again when it ends (kolla's ``kolla-NAME-container.service``,
podman's own units). A stop asked of the engine would last for seconds there, so it is the unit
that is stopped, and started again. An engine's own restart policy is no obstacle: both engines
leave a container alone that they were asked to stop. It is one at the next boot: to hold the
container back, the unit is held and the policy set to ``no``, whichever there is.
"""

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Service
from chaos.services import restart_policy, systemd, unit_hold
from chaos.services.protocol import Found, ServiceState
from chaos.services.restart_policy import Container
from chaos.transport import HostShell

# First processes that only start the service, wait for its children and pass on signals.
INITS = frozenset({"dumb-init", "tini", "docker-init", "podman-init", "catatonit", "init"})

# Podman's label for the unit that runs a container, set by all who generate such units.
_LABEL = "PODMAN_SYSTEMD_UNIT"
_FORMAT = f'{{{{.State.Pid}}}} {{{{index .Config.Labels "{_LABEL}"}}}}'


class ContainerService:
    """One container; both engines have the same commands for it.

    :param shell: a login on its host
    :ivar unit: the unit that keeps it, once it has been looked for; "" for none
    """

    def __init__(self, shell: HostShell, service: Service) -> None:
        self._shell = shell
        self._name = service.name
        self.driver = service.driver
        self.unit = service.unit
        self._looked = bool(service.unit)
        self._container = Container(service.driver, service.name)

    def describe(self) -> str:
        """Name the container, and the unit that keeps it."""
        kept = f", kept by {self.unit}" if self.unit else ""
        return f"{self.driver} container {self._name}{kept}"

    def state(self, deadline: Deadline) -> ServiceState:
        """Look for the container, for its unit, and for the service's own process.

        :raises chaos.errors.ServiceError: if the engine cannot be asked
        """
        first, label = self._inspect(deadline)
        if not self._looked:
            self.unit = self._find_unit(label, deadline)
            self._looked = True
        known = first is not None or bool(self.unit)
        return ServiceState(known, self._main(first, deadline) if first else 0)

    def pid(self, deadline: Deadline) -> int:
        """Return the service's process, not the init before it; 0 if it does not run."""
        return self.state(deadline).pid

    def stop(self, deadline: Deadline) -> None:
        """Stop it for good: the unit that would start it again, or else the container."""
        self.state(deadline)
        if self.unit:
            systemd.stop(self._shell, self.unit, deadline)
        # A container that was started by hand is none of its unit's.
        if self._inspect(deadline)[0]:
            self._shell.check([self.driver, "stop", self._name], deadline)

    def start(self, deadline: Deadline) -> None:
        """Start the unit that keeps it, or else the container."""
        self.state(deadline)
        if self.unit:
            systemd.start(self._shell, self.unit, deadline)
        else:
            self._shell.check([self.driver, "start", self._name], deadline)

    def before_hold(self, deadline: Deadline) -> Found:
        """Find its unit and its restart policy."""
        self.state(deadline)
        policy = self._container.policy(self._shell, deadline)
        if policy not in ("", restart_policy.NO):
            self._container.require_change(self._shell, deadline)
        kept = unit_hold.find(self._shell, self.unit, deadline) if self.unit else {}
        return {"policy": policy, "unit": kept}

    def hold(self, found: Found, deadline: Deadline) -> None:
        """Hold the unit back, and let the engine start the container no more."""
        if found["unit"]:
            unit_hold.hold(self._shell, found["unit"]["unit"], deadline)
        if found["policy"] not in ("", restart_policy.NO):
            self._container.set_policy(self._shell, restart_policy.NO, deadline)

    def why_not_held(self, found: Found, deadline: Deadline) -> str:
        """Look at both."""
        if found["unit"]:
            wrong = unit_hold.why_not_held(self._shell, found["unit"]["unit"], deadline)
            if wrong:
                return wrong
        policy = self._container.policy(self._shell, deadline)
        if policy in ("", restart_policy.NO):
            return ""
        return f"the restart policy of the {self.driver} container {self._name} is {policy}"

    def release(self, found: Found, deadline: Deadline) -> None:
        """Put back the policy, then the unit."""
        policy = found["policy"]
        if policy and self._container.policy(self._shell, deadline) not in ("", policy):
            self._container.set_policy(self._shell, policy, deadline)
        if found["unit"]:
            unit_hold.release(self._shell, found["unit"], deadline)

    def release_by_hand(self, found: Found) -> str:
        """Name the commands for whichever there is."""
        words = []
        if found["policy"] not in ("", restart_policy.NO):
            words.append(self._container.by_hand(found["policy"]))
        if found["unit"]:
            words.append(unit_hold.by_hand(found["unit"]["unit"]))
        return " && ".join(words) or f"{self.driver} start {self._name}"

    def _inspect(self, deadline: Deadline) -> tuple[int | None, str]:
        """Return the first process (0: stopped, None: no such container) and podman's label."""
        argv = [self.driver, "container", "inspect", "--format", _FORMAT, self._name]
        done = self._shell.run(argv, deadline)
        if done.exit_status != 0:
            said = done.stderr.strip()
            # An engine that removes the container at its end, as a unit may ask, knows it no more.
            if "no such container" in said.lower():
                return None, ""
            raise errors.ServiceError(
                f"{self.driver} on {self._shell.host.name} cannot be asked for the container "
                f"{self._name}: {said[-300:] or f'status {done.exit_status}'}",
                remedy=f"run '{self.driver} container inspect {self._name}' there",
            )
        pid, _, label = done.stdout.strip().partition(" ")
        return int(pid), label if label.endswith(".service") else ""

    def _find_unit(self, label: str, deadline: Deadline) -> str:
        for unit in filter(None, (label, f"kolla-{self._name}-container.service")):
            try:
                if systemd.show(self._shell, unit, deadline).get("LoadState") == "loaded":
                    return unit
            except errors.ConnectionLost:
                raise
            except errors.ShellError:
                # A host without systemd has no units.
                return ""
        return ""

    def _main(self, pid: int, deadline: Deadline) -> int:
        """Follow inits to the service; 0 while there is none yet."""
        while pid and self._comm(pid, deadline) in INITS:
            found = self._shell.run(["pgrep", "--oldest", "--parent", str(pid)], deadline)
            pid = int(found.stdout.split()[0]) if found.exit_status == 0 else 0
        return pid

    def _comm(self, pid: int, deadline: Deadline) -> str:
        return self._shell.run(["cat", f"/proc/{pid}/comm"], deadline).stdout.strip()
