# SPDX-License-Identifier: Apache-2.0
"""Two labs side by side, each with the same addresses and names inside, and no word to the other.

They are brought up at the same time, the hardest case: what they share is then built or waited
for, and all that has a name on the machine is made twice. ``python -m
lab.tests.functional.two_labs``
"""

from collections.abc import Callable, Iterator

from lab.core import cgroups
from lab.core.cache import Cache
from lab.lifecycle.building import Lab
from lab.tests.functional.checks import Score
from lab.tests.functional.cloud import ask
from lab.tests.functional.commands import Command, WrongError
from lab.tests.functional.machine import Machine


def checks(first: str, second: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Go through the checks of two labs with these names, in an order that matters."""
    pair = Pair(first, second)
    yield "two labs come up at the same time", pair.up
    yield "a server boots in each", pair.boot
    yield "neither sees the other's server", pair.apart
    yield "one is removed while the other works on", pair.remove_one
    yield "the other can be used afterwards", pair.use_the_other
    yield "nothing is left of either", pair.remove_the_other


NAMES = ("nightly-two-labs", "nightly-two-labs-b")


class Pair:
    """Two labs and what is known of them."""

    def __init__(self, first: str, second: str):
        self.first, self.second = first, second
        cache = Cache()
        self.machine = Machine(cache.folder / "labs" / second, Lab(second).folder)

    @property
    def both(self) -> tuple[str, str]:
        """Their names."""
        return self.first, self.second

    def up(self) -> None:
        """Bring both up at once."""
        commands = [Command("up", "--name", name, "--computes", "1") for name in self.both]
        for command in commands:
            if command.wait(580):
                raise WrongError(command.said[-1500:])

    def boot(self) -> None:
        """Boot a server in each."""
        for name in self.both:
            ask(name, "boot", f"server-of-{name}")

    def apart(self) -> None:
        """See that each has its own server only."""
        for name in self.both:
            found = ask(name, "list")
            if found != [f"server-of-{name} ACTIVE"]:
                raise WrongError(f"{name} has {found}")

    def remove_one(self) -> None:
        """Take the first one down; see that all of it goes and that the second does not notice."""
        lab, other = Lab(self.first), Lab(self.second)
        before = other.engine().outer.processes
        outer = lab.engine().outer
        command = Command("down", "--name", self.first)
        if command.wait():
            raise WrongError(command.said[-500:])
        left = [*outer.members, *cgroups.left(lab.folder), *([lab.folder] * lab.folder.exists())]
        if left:
            raise WrongError(f"left: {left}")
        if not other.up or other.engine().outer.processes != before:
            raise WrongError("the other lab is not what it was")

    def use_the_other(self) -> None:
        """See that the second lab's server runs on, and that it boots another one."""
        shown = ask(self.second, "list")
        if shown != [f"server-of-{self.second} ACTIVE"]:
            raise WrongError(f"its servers are {shown}")
        states = ask(self.second, "services")
        if {line.split()[-1] for line in states} != {"up"}:
            raise WrongError(f"its compute services are {states}")
        ask(self.second, "boot", "another")

    def remove_the_other(self) -> None:
        """Take the second one down too."""
        self.machine.look()
        command = Command("down", "--name", self.second)
        if command.wait():
            raise WrongError(command.said[-500:])
        left = self.machine.left_at_last()
        if left:
            raise WrongError("; ".join(left))


def main() -> None:
    """Try it with one host in each lab."""
    score = Score()
    try:
        score.check_all(checks(*NAMES))
    finally:
        for name in NAMES:
            Lab(name).remove()
    score.end()


if __name__ == "__main__":
    main()
