# SPDX-License-Identifier: Apache-2.0
"""Services that are containers of docker and podman are stopped, killed, frozen, held back.

Needs root. A host of the lab without a cloud gets both engines from Debian's packages; its
services are kept as kolla's are (by a unit of systemd) and by an engine's restart policy. Logins
that are not root's are tried there too, with the real sudo. ``python -m
lab.tests.functional.container_engines``
"""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from lab.tests.functional.checks import Score
from lab.tests.functional.commands import COMMAND, WrongError
from lab.tests.functional.container_host import ENGINES, ContainerHost

SECONDS = 60
# So long a stopped service is watched: longer than whatever might start it again waits.
STAYS_SECONDS = 5.0
BOOT_ID = "cat /proc/sys/kernel/random/boot_id"
SERVICES = {"compute": "nova_compute", "libvirt": "nova_libvirt"}


def until(what: str, seconds: float, look: Callable[[], bool]) -> None:
    """Return as soon as `look` is true.

    :raises WrongError: it is not within `seconds`.
    """
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise WrongError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.5)


def require(what: str, holds: object, found: object = "") -> None:
    """Raise unless it holds.

    :raises WrongError: it does not
    """
    if not holds:
        raise WrongError(f"not so: {what}; found: {found}")


class Trial:
    """What is tried with one engine.

    :param host: whose containers that engine runs
    """

    def __init__(self, host: ContainerHost, engine: str):
        self._host = host
        self._engine = engine
        self._state = host.folder / "state"

    def checks(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield a title and a check for each."""
        yield "hosts check sees both services", self.seen
        for service in SERVICES:
            yield f"{service} stays stopped and is started", lambda one=service: self.stop(one)
            yield f"{service} is killed and comes back", lambda one=service: self.kill(one)
            yield f"{service} is frozen and thawed", lambda one=service: self.freeze(one)
        yield "the keeper starts what a killed run has stopped", self.runner_killed
        yield "compute comes back by itself after a crash", self.crash
        yield "compute is held back across a crash and is as before", self.hold
        if self._engine == "docker":
            yield "libvirt is held back by its policy and has it again", self.hold_by_policy
        else:
            yield "a policy that podman cannot change is no way to hold", self.hold_refused

    def seen(self) -> None:
        """Both run, and the unit that keeps one of them is named."""
        status, row = self.hosts_check()
        states = {name: one["state"] for name, one in row["services"].items()}
        require("both run", set(states.values()) == {"runs"}, row)
        unit = "kept by kolla-nova_compute-container.service"
        require(unit, unit in row["services"]["compute"]["what"], row)
        require("no unit", "kept" not in row["services"]["libvirt"]["what"], row)
        require("exit status 0", status == 0, row["problems"])

    def stop(self, service: str) -> None:
        """It has ended and stays so, whatever keeps it; then it runs again."""
        before = self.pid(service)
        with Injected(self, "service_stop", service) as fault:
            end = time.monotonic() + STAYS_SECONDS
            while time.monotonic() < end:
                require("it is stopped", not self.pid(service))
                time.sleep(0.5)
        require("another process runs", self.pid(service) not in (0, before))
        fault.check()

    def kill(self, service: str) -> None:
        """It was ended by a signal, and what keeps it starts it again while the fault holds."""
        before = self.pid(service)
        with Injected(self, "service_kill", service) as fault:
            until("it is back by itself", SECONDS, lambda: self.pid(service) not in (0, before))
        fault.check()
        require("it runs", self.pid(service) not in (0, before))

    def freeze(self, service: str) -> None:
        """The service itself is stopped, not only the init before it; then it goes on."""
        before = self.pid(service)
        with Injected(self, "service_freeze", service) as fault:
            require("it is frozen", self.process_state(before) == "T")
        fault.check()
        require("it is the same process", self.pid(service) == before)
        require("it runs", self.process_state(before) in "SR")

    def runner_killed(self) -> None:
        """SIGKILL for the run while a unit's container is stopped: its keeper starts it."""
        fault = Injected(self, "service_stop", "compute")
        fault.__enter__()
        os.kill(fault.pid(), signal.SIGKILL)
        fault.process.wait()
        until("it runs", SECONDS, lambda: self.pid("compute") > 0)

        def closed() -> bool:
            return not json.loads(self.migration_chaos("status")[1])["faults"]

        until("nothing is open", SECONDS, closed)

    def crash(self) -> None:
        """Without a hold it is started at the boot: what follows would else prove nothing."""
        before = self._host.shell(BOOT_ID)
        with Injected(self, "panic", "") as fault:
            require("it booted anew", self._host.shell(BOOT_ID) != before)
            until("it is back by itself", SECONDS, lambda: self.pid("compute") > 0)
        fault.check()

    def hold(self, service: str = "compute") -> None:
        """Nothing starts it after the boot, until the host is recovered."""
        before, state = self._host.shell(BOOT_ID), self.kept(service)
        with Injected(self, "panic", service) as fault:
            require("it booted anew", self._host.shell(BOOT_ID) != before)
            self.engine_is_up()
            end = time.monotonic() + STAYS_SECONDS
            while time.monotonic() < end:
                require("it is down", not self.pid(service))
                time.sleep(0.5)
        fault.check()
        require("nothing was lost of the hold", not fault.row["flaw"], fault.row["flaw"])
        require("it runs", self.pid(service) > 0)
        require("it is as before", self.kept(service) == state, self.kept(service))

    def hold_by_policy(self) -> None:
        """A container that no unit keeps."""
        self.hold("libvirt")

    def hold_refused(self) -> None:
        """Debian's podman is older than 5.1."""
        process = self.inject("panic", "libvirt")
        out, _ = process.communicate(timeout=180)
        row = json.loads(out)
        require("it is refused", row["verdict"] == "refused", row)
        reasons = " ".join(row["reasons"])
        require("it says why", "cannot change the restart policy" in reasons, reasons)
        require("it runs", self.pid("libvirt") > 0)

    # --- what is asked ----------------------------------------------------------------------

    def hosts_file(self, **ssh: Any) -> Path:
        """Write a hosts file in which the services are containers."""
        product: Path = self._host.product
        document = yaml.safe_load((product / "hosts.yaml").read_text())
        (entry,) = document["hosts"]
        entry["services"] = {"driver": self._engine, **SERVICES}
        entry["ssh"] |= ssh
        path = product / "hosts-containers.yaml"
        path.write_text(yaml.safe_dump(document))
        return path

    def words(self, *words: str) -> list[str]:
        """Return the command line of a command of the library, in the host's network."""
        return self._host.command([COMMAND, *words, "--json"])

    def migration_chaos(self, *words: str) -> tuple[int, str]:
        """Run a command; return its exit status and what it printed."""
        more = ["--state", str(self._state)] if words[0] != "hosts" else []
        done = subprocess.run(
            self.words(*words, *more), capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    def hosts_check(self, **ssh: Any) -> tuple[int, dict[str, Any]]:
        """Run ``hosts check`` and return its exit status and its row."""
        status, out = self.migration_chaos(
            "hosts", "check", "--hosts", str(self.hosts_file(**ssh))
        )
        (row,) = json.loads(out)["hosts"]
        return status, row

    def pid(self, service: str) -> int:
        """The service's process as the host has it; 0 for none, or while the engine is away."""
        found = self._host.shell(
            f"pid=$({self._engine} container inspect --format '{{{{.State.Pid}}}}' "
            f"{SERVICES[service]} || echo 0); [ $pid = 0 ] && echo 0 || pgrep -P $pid || echo 0"
        )
        return int(found.split()[0])

    def process_state(self, pid: int) -> str:
        """The letter of a process's state."""
        return self._host.shell(f"cat /proc/{pid}/stat").rpartition(")")[2].split()[0]

    def kept(self, service: str) -> str:
        """What starts it at a boot: its restart policy, and the files of its unit."""
        name = SERVICES[service]
        form = "{{.HostConfig.RestartPolicy.Name}}"
        return self._host.shell(
            f"{self._engine} container inspect --format '{form}' {name}; "
            f"find /etc/systemd/system -name '*{name}*'"
        )

    def engine_is_up(self) -> None:
        """Wait until the engine answers after a boot, so that it had its chance."""

        def answers() -> bool:
            return bool(self._host.shell(f"{self._engine} info >/dev/null 2>&1 && echo up || :"))

        until("the engine answers", SECONDS, answers)

    def inject(self, fault: str, service: str) -> subprocess.Popen[str]:
        """Start a fault that holds until it is interrupted."""
        option = "--hold" if fault == "panic" else "--service"
        words = ["inject", fault, "compute1", "--state", str(self._state)]
        words += [option, service] if service else []
        return subprocess.Popen(
            self.words(*words, "--hosts", str(self.hosts_file())),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


class Injected:
    """A fault that holds inside the ``with`` block.

    :ivar row: what the command said at its end
    """

    def __init__(self, trial: Trial, fault: str, service: str):
        self.process = trial.inject(fault, service)
        self.row: dict[str, Any] = {}
        self._said: list[str] = []

    def __enter__(self) -> "Injected":
        assert self.process.stderr
        for line in self.process.stderr:
            self._said.append(line)
            if re.match("injected|unknown|refused", line):
                break
        if not self._said or not self._said[-1].startswith("injected"):
            out, err = self.process.communicate()
            raise WrongError(f"{''.join(self._said)[-300:]} {err[-300:]} {out[-1500:]}")
        return self

    def pid(self) -> int:
        """The command's own process: what starts it in the host's network may be another."""
        pid = self.process.pid
        while True:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            if COMMAND.encode() in words[:2] or not children:
                return pid
            pid = int(children[0])

    def __exit__(self, *_error: object) -> None:
        os.kill(self.pid(), signal.SIGINT)
        out, err = self.process.communicate(timeout=180)
        try:
            self.row = json.loads(out)
        except ValueError:
            raise WrongError(f"the command printed {out[-300:]!r} and said {err[-500:]}") from None

    def check(self) -> None:
        """It was proved by two witnesses, and undone."""
        gone = [one for one in self.row["witnesses"] if one["says"] in ("dead", "absent")]
        said = self.row["verdict"], len(gone) >= 2, self.row["recovered"], self.row["exit_status"]
        require("proved and undone", said == ("injected", True, True, 0), self.row)


def _logins(trial: Trial) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield a title and a check for each login that is not root's."""

    def trusted() -> None:
        _, row = trial.hosts_check(user="trusted", sudo=True)
        require("no problem but the services", row["ssh"] == "ok", row)
        require("sudo is no problem", "sudo" not in " ".join(row["problems"]), row)

    def other() -> None:
        status, row = trial.hosts_check(user="other", sudo=True)
        (problem,) = row["problems"]
        require("it says what to do", "NOPASSWD" in problem and status == 1, row)

    def neither() -> None:
        _, row = trial.hosts_check(user="other")
        require("it says so", "does not act as root" in row["problems"][0], row)

    yield "a login that may use sudo", trusted
    yield "a login that may not needs a rule, it is said", other
    yield "a login without sudo is not root, it is said", neither


def main() -> None:
    """Try it with both engines, both services, all faults of services."""
    score = Score()
    with ContainerHost() as host:
        score.check_all(_logins(Trial(host, "podman")))
        for engine in ENGINES:
            host.run_containers(engine)
            for title, check in Trial(host, engine).checks():
                score.check(f"{engine}: {title}", check)
    score.end()


if __name__ == "__main__":
    main()
