# SPDX-License-Identifier: Apache-2.0
"""The switch behind a BMC: power actions as commands, one after the other, beside the event loop.

As in real machines, an action is accepted at once and takes effect a little later; what is true is
what the status command says. Knows argument lists only, no protocol.
"""

import asyncio
import logging
import tempfile
from collections.abc import Sequence
from typing import IO

from lab.bmc.config import BmcConfig

LOG = logging.getLogger(__name__)

# Starting a container takes a tenth of a second, stopping one too.
ACTION_SECONDS = 30.0
STATUS_SECONDS = 3.0
# A cycle waits for the off to be seen before it switches on.
OFF_SECONDS = 10.0
# The time without power in a cycle (IPMI 2.0, 28.3: at least a second).
INTERVAL_SECONDS = 1.0

_ON_WORDS = {"on", "running", "starting", "stopping", "freezing", "frozen", "thawed"}
_OFF_WORDS = {"off", "stopped"}


class Chassis:
    """Power of one host.

    :param config: the commands
    """

    def __init__(self, config: BmcConfig) -> None:
        self.config = config
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._last_queued = ""

    async def state(self) -> bool | None:
        """Return True for on, False for off, None if the status command does not say."""
        try:
            child = await asyncio.create_subprocess_exec(
                *self.config.status,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as exc:
            LOG.error("status command cannot be run: %s", exc)
            return None
        try:
            out, _ = await asyncio.wait_for(child.communicate(), STATUS_SECONDS)
        except TimeoutError:
            LOG.error("status command did not end in %s s", STATUS_SECONDS)
            child.kill()
            return None
        words = out.decode(errors="replace").lower().split()
        if words and words[-1] in _ON_WORDS:
            return True
        if words and words[-1] in _OFF_WORDS:
            return False
        LOG.error("status command ended with %s and said nothing", child.returncode)
        return None

    def knows(self, action: str) -> bool:
        """Whether there is a command for an action that `request` takes."""
        orderly = {"shutdown": self.config.shutdown, "restart": self.config.restart}
        return bool(orderly.get(action, True))

    def request(self, action: str) -> None:
        """Accept an action: ``on``, ``off``, ``cycle``, ``reset``, ``shutdown``, ``restart``.

        The last two only ask the system. One that waits already is not queued twice.
        """
        if self._queue.empty() or self._last_queued != action:
            self._queue.put_nowait(action)
            self._last_queued = action

    async def work(self) -> None:
        """Carry out accepted actions for ever."""
        while True:
            action = await self._queue.get()
            try:
                await self._act(action)
            except Exception:
                # The BMC goes on whatever its switch does.
                LOG.exception("power %s failed", action)

    async def _act(self, action: str) -> None:
        LOG.info("power %s", action)
        if action in {"off", "cycle", "reset"}:
            await self._run(self.config.power_off)
        if action in {"cycle", "reset"}:
            async with asyncio.timeout(OFF_SECONDS):
                while await self.state() is not False:
                    await asyncio.sleep(0.1)
        if action == "cycle":
            await asyncio.sleep(INTERVAL_SECONDS)
        if action in {"on", "cycle", "reset"} and await self.state() is not True:
            await self._run(self.config.power_on)
        if action == "shutdown":
            await self._run(self.config.shutdown)
        if action == "restart":
            await self._run(self.config.restart)
        LOG.info("power %s done", action)

    async def _run(self, argv: Sequence[str]) -> None:
        """Run one command to its end.

        It may leave a daemon behind that inherits its outputs: so these are files, never a pipe
        whose end would have to be waited for.
        """
        with tempfile.TemporaryFile() as said:
            child = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
            try:
                status = await asyncio.wait_for(child.wait(), ACTION_SECONDS)
            except TimeoutError:
                child.kill()
                LOG.error("%s did not end in %s s: %s", argv[0], ACTION_SECONDS, _tail(said))
                return
            if status != 0:
                LOG.warning("%s ended with status %s: %s", argv[0], status, _tail(said))


def _tail(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace").strip()[-500:]
