# SPDX-License-Identifier: Apache-2.0
"""How a BMC behaves, decided in one place for every protocol: promptly and truly, or not.

Pure: knows what is asked, not by which protocol, nor what a host is or how it is switched.
"""

import dataclasses
import enum
import threading
from collections.abc import Mapping
from typing import Any

ALL = -1
"""So many commands are ignored: every one."""

MOST_SLOW = 300.0

SAYS = ("on", "off")
REFUSES = ("privilege", "busy", "login")
UNREACHABLE = ("silent", "closed")


class BehaviourError(Exception):
    """A BMC cannot behave so; the message says how it can."""


class Asked(enum.Enum):
    """What a client wants: to come in, to read, to switch power."""

    LOGIN = enum.auto()
    READ = enum.auto()
    SWITCH = enum.auto()


class Refusal(enum.Enum):
    """Why a request is not served; each protocol has its own words for it."""

    LOGIN = "the user is not let in"
    PRIVILEGE = "the user may not switch power"
    BUSY = "the BMC is busy"
    UNSUPPORTED = "the BMC has no such action"
    STATE = "the host is off"
    UNKNOWN = "the BMC does not know whether the host is on"


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """How a BMC is to behave; as it stands here, like an honest one.

    :param slow: seconds by which every answer is late.
    :param says: power state that it reports whatever is true: ``on`` or ``off``.
    :param ignores: so many power commands are accepted and not carried out; `ALL` for every one.
    :param refuses: ``privilege``: power commands, for want of privilege; ``busy``: everything;
        ``login``: the user and password that are right.
    :param unreachable: ``silent``: no packet is answered; ``closed``: nothing listens at its
        ports.
    """

    slow: float = 0.0
    says: str = ""
    ignores: int = 0
    refuses: str = ""
    unreachable: str = ""

    def __post_init__(self) -> None:
        """Check every value.

        :raises BehaviourError: one is not to be had.
        """
        if not 0 <= self.slow <= MOST_SLOW:
            raise BehaviourError(
                f"A BMC is slow by 0 to {MOST_SLOW:.0f} seconds, not {self.slow}."
            )
        if self.ignores < ALL:
            raise BehaviourError(
                f"A BMC ignores 0, 1, 2 ... commands, or all; not {self.ignores}."
            )
        for value, there in (
            (self.says, SAYS),
            (self.refuses, REFUSES),
            (self.unreachable, UNREACHABLE),
        ):
            if value and value not in there:
                raise BehaviourError(f"{value!r} is none of: {', '.join(there)}.")

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Behaviour":
        """Return what `dataclasses.asdict` and JSON made of a behaviour.

        :raises BehaviourError: it is something else.
        """
        try:
            return cls(**data)
        except TypeError as error:
            raise BehaviourError(f"Not understood: {error}") from error

    @property
    def honest(self) -> bool:
        """Whether nothing is wrong with it."""
        return self == Behaviour()

    def __str__(self) -> str:
        """Say what is wrong with it, in a few words."""
        words = []
        if self.unreachable:
            ways = {"silent": "answers nothing", "closed": "ports closed"}
            words.append(ways[self.unreachable])
        if self.slow:
            words.append(f"slow by {self.slow:g} s")
        if self.refuses:
            words.append(f"refuses: {self.refuses}")
        if self.says:
            words.append(f"says {self.says}")
        if self.ignores:
            few = {ALL: "all commands", 1: "the next command"}
            words.append(f"ignores {few.get(self.ignores, f'the next {self.ignores} commands')}")
        return ", ".join(words) or "honest"


class InForce:
    """A behaviour in force: the only thing that changes is how many commands are still ignored.

    May be asked from several threads.
    """

    def __init__(self, behaviour: Behaviour = Behaviour()):
        self._behaviour = behaviour
        self._lock = threading.Lock()

    @property
    def behaviour(self) -> Behaviour:
        """The behaviour as it is now: `ignores` counts down."""
        return self._behaviour

    @property
    def delay(self) -> float:
        """Seconds by which an answer is late."""
        return self._behaviour.slow

    @property
    def unreachable(self) -> str:
        """Empty, or how it cannot be reached."""
        return self._behaviour.unreachable

    def refusal(self, asked: Asked) -> Refusal | None:
        """Return why `asked` is refused, or None if it is not."""
        refuses = self._behaviour.refuses
        if refuses == "login" and asked is Asked.LOGIN:
            return Refusal.LOGIN
        if refuses == "busy" and asked is not Asked.LOGIN:
            return Refusal.BUSY
        if refuses == "privilege" and asked is Asked.SWITCH:
            return Refusal.PRIVILEGE
        return None

    def reported(self, on: bool | None) -> bool | None:
        """Return the power state to report when it is really `on` (None: not known)."""
        return self._behaviour.says == "on" if self._behaviour.says else on

    def carries_out(self) -> bool:
        """Whether the power command that was just accepted is carried out; counts it."""
        with self._lock:
            left = self._behaviour.ignores
            if left > 0:
                self._behaviour = dataclasses.replace(self._behaviour, ignores=left - 1)
        return left == 0
