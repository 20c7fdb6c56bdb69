# SPDX-License-Identifier: Apache-2.0
"""Cut cables, a full disk and losing disks on a cloud: each does what it says, and nothing else.

A guest writes and syncs all the time. With its host's management network cut it goes on while the
cloud sees the host down; with the tunnel cut it goes on unheard; with the storage network cut it
hangs and then goes on. With losing disks, a power cut takes what it had acknowledged.
"""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

import guests
from counting import TOP, Count
from on_lab import COMMAND, Checks, OnLab, TrialError, prove_on_lab, until

SHARED, OWN = "compute1", "compute2"
FLAVORS = {SHARED: "m.shared", OWN: "m.ephemeral"}
SECONDS = 120
QUIET = 4.0  # seconds without a number: the writer hangs, or is not heard
HEAR = 6  # numbers that show that it goes on


def run() -> Count:
    """Make the lab and try it."""
    return prove_on_lab("hardware-faults", prove, "--computes", "2")


def prove(lab: OnLab, checks: Checks) -> None:
    """Try the lab that is up."""
    with Writer(lab, SHARED) as writer:
        cut_management(lab, writer, checks)
        cut_tunnel(lab, writer, checks)
        cut_storage(lab, writer, checks)
    full_disk(lab, checks)
    for host in (SHARED, OWN):
        losing_disks(lab, host, checks)


class Writer:
    """A new guest on a host, which writes numbers, and what was heard of it."""

    def __init__(self, lab: OnLab, host: str):
        self.lab = lab
        self.guest = lab.ask(guests.boot, f"writer-{time.monotonic_ns()}", host, FLAVORS[host])
        self.last = 0
        self.heard = time.monotonic()
        self.ended = ""

    def __enter__(self) -> "Writer":
        key = Path(self.lab.product) / "writer.key"
        key.write_text(self.guest["key"])
        words = [sys.executable, str(TOP / "tools" / "guests.py"), self.guest["address"], str(key)]
        command = [COMMAND, "lab", "exec", "--name", self.lab.name, "--", *words]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._listen, daemon=True).start()
        until("the guest writes", SECONDS, lambda: self.last >= HEAR)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("ended"):
                self.ended = line.strip()
            else:
                self.last, self.heard = int(line), time.monotonic()

    def goes_on(self) -> bool:
        """Whether more numbers are heard, soon."""
        aim = self.last + HEAR
        try:
            until("more numbers", SECONDS / 2, lambda: self.last >= aim)
        except TrialError:
            return False
        return True

    def silent(self) -> bool:
        """Whether nothing is heard for a while, now or soon."""
        end = time.monotonic() + 5 * QUIET
        while time.monotonic() - self.heard < QUIET:
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        return True


def fault(lab: OnLab, *words: str) -> None:
    """Run ``lab fault`` with these words."""
    lab.migration_chaos("lab", "fault", words[0], "--name", lab.name, *words[1:])


def shown(lab: OnLab) -> list[str]:
    """Return the faults that ``lab status`` shows."""
    command = [COMMAND, "lab", "status", "--name", lab.name, "-f", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)
    return [f"{row['State']} {row['Host']}" for row in rows if row["Service"] == "(fault)"]


def answers(lab: OnLab, address: str) -> bool:
    """Whether SSH of a host answers where the tests run."""
    script = f"import socket; socket.create_connection(({address!r}, 22), 2)"
    return lab.exec("--", sys.executable, "-c", script).returncode == 0


def cut_management(lab: OnLab, writer: Writer, checks: Checks) -> None:
    """The cloud sees the host down; its guests do not notice."""
    state = {SHARED: "", OWN: ""}

    def look(wanted: str) -> bool:
        for host in state:
            state[host] = lab.ask(guests.service_state, host)
        return state[SHARED] == wanted

    fault(lab, "cut", SHARED, "--network", "management")
    checks.check("lab status shows the cut", shown(lab) == [f"cut management {SHARED}"])
    checks.check("the host does not answer SSH", not answers(lab, "172.30.1.11"))
    until(f"{SHARED} is seen down", SECONDS, lambda: look("down"))
    checks.check("its guest writes on, and is heard", writer.goes_on())
    checks.check("no other host is seen down", state[OWN] == "up", state)
    fault(lab, "clear", SHARED)
    until(f"{SHARED} is seen up", SECONDS, lambda: look("up"))
    checks.check("once cleared the host is up again", answers(lab, "172.30.1.11"), state)
    checks.check("lab status shows nothing any more", not shown(lab))


def cut_tunnel(lab: OnLab, writer: Writer, checks: Checks) -> None:
    """The guest is not heard, and goes on writing."""
    fault(lab, "cut", SHARED, "--network", "tunnel")
    checks.check("without tunnel the guest is not heard", writer.silent(), writer.last)
    before = writer.last
    fault(lab, "clear", "--all")
    checks.check("once cleared it is heard", writer.goes_on())
    wrote = writer.last - before
    checks.check("it has written all the while", wrote > HEAR, f"{wrote} numbers came at once")


def cut_storage(lab: OnLab, writer: Writer, checks: Checks) -> None:
    """The guest hangs and goes on; nothing it had acknowledged is lost."""
    fault(lab, "cut", SHARED, "--network", "storage")
    checks.check("without storage the guest's writes hang", writer.silent(), writer.last)
    alive = lab.ask(guests.run, writer.guest, "cat /proc/uptime")
    checks.check("the guest itself lives, and is heard", bool(alive), alive.strip())
    fault(lab, "clear", SHARED)
    checks.check("once cleared its writes go on", writer.goes_on(), writer.ended or writer.last)
    numbers = numbers_in(lab, writer)
    checks.check(
        "every acknowledged number is there", set(range(1, writer.last)) <= set(numbers)
    )


def numbers_in(lab: OnLab, writer: Writer) -> list[int]:
    """Return what the guest has on its disk."""
    text = lab.ask(guests.run, writer.guest, f"cat {guests.NUMBERS} 2>/dev/null")
    return [int(word) for word in text.split() if word.isdigit()]


def full_disk(lab: OnLab, checks: Checks) -> None:
    """Nothing can be written on the host, until it is cleared."""
    write = "dd if=/dev/zero of=/var/lib/nova/more bs=64k count=1 conv=fsync 2>&1"
    fault(lab, "fill", OWN)
    said = lab.exec(OWN, "--", "sh", "-c", write).stdout
    checks.check("a full disk takes nothing", "No space left on device" in said, said.strip())
    fault(lab, "clear", OWN)
    done = lab.exec(OWN, "--", "sh", "-c", f"{write}; rm /var/lib/nova/more")
    checks.check("once cleared it does", done.returncode == 0)


def losing_disks(lab: OnLab, host: str, checks: Checks) -> None:
    """A power cut takes acknowledged numbers of a guest under the fault, and of no other."""
    for losing in (False, True):
        if losing:
            fault(lab, "lose", host)
        with Writer(lab, host) as writer:
            # As the host would by itself in half a minute: what comes later is lost, and what
            # the guest needs to boot is not.
            lab.shell(host, "sync")
            checks.check(f"{FLAVORS[host]}: the guest writes on", writer.goes_on())
            lab.power(host, "off")
            until(f"{host} is off", SECONDS, lambda: lab.exec(host, "--", "true").returncode != 0)
        acknowledged = writer.last
        fault(lab, "clear", host)
        lab.power(host, "on")
        lab.ask(guests.start_again, writer.guest["id"], host)
        try:
            there = set(numbers_in(lab, writer))
        except TrialError as error:
            # A disk that kept some writes and lost others may not even boot.
            checks.check(f"{FLAVORS[host]}, losing disks: acknowledged writes lost", losing, error)
            continue
        lost = [number for number in range(1, acknowledged + 1) if number not in there]
        what = "losing disks: some" if losing else "honest disks: none"
        checks.check(
            f"{FLAVORS[host]}, {what} of the acknowledged writes lost",
            bool(lost) == losing,
            f"{len(lost)} of {acknowledged}",
        )
