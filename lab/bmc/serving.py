# SPDX-License-Identifier: Apache-2.0
"""One BMC at work: its switch, its ports, its settings. Knows no protocol's inside."""

import asyncio
import contextlib
import logging
import signal
import sys

from lab.bmc import ipmi
from lab.bmc.behaviours import BehaviourError
from lab.bmc.chassis import Chassis
from lab.bmc.config import BmcConfig
from lab.bmc.controller import Controller
from lab.bmc.listeners import Listener
from lab.bmc.settings import TICK, Settings

LOG = logging.getLogger(__name__)


async def serve(config: BmcConfig) -> None:
    """Serve one BMC until the task is cancelled; prints where it listens.

    :raises OSError: a port cannot be had.
    :raises BehaviourError: what was set in an earlier run cannot be followed.
    """
    chassis = Chassis(config)
    settings = Settings(config.path)
    controller = Controller(chassis, settings)
    listeners: list[Listener] = [ipmi.Listener(config, controller)]
    if config.redfish:
        # Only here is sushy-tools needed.
        from lab.bmc import redfish

        listeners.append(redfish.Listener(config, config.redfish, controller))
    try:
        await _apply(listeners, settings)
        for each in listeners:
            print(f"{each.protocol} at {each.address} port {each.port}", flush=True)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(chassis.work())
            tasks.create_task(_follow(listeners, settings))
    finally:
        for each in listeners:
            each.close()


async def _apply(listeners: list[Listener], settings: Settings) -> None:
    for each in listeners:
        await each.set(settings.in_force.unreachable)
    settings.write_applied()


async def _follow(listeners: list[Listener], settings: Settings) -> None:
    """Take up each new setting, for ever."""
    while True:
        await asyncio.sleep(TICK)
        try:
            if settings.changed():
                await _apply(listeners, settings)
                LOG.info("set to be: %s", settings.in_force.behaviour)
        except BehaviourError as error:
            LOG.error("%s", error)


async def _until_stopped(config: BmcConfig, parent: int | None) -> None:
    loop = asyncio.get_running_loop()
    task = loop.create_task(serve(config))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    if parent is not None:
        loop.add_reader(parent, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def run(config: BmcConfig, parent: int | None = None) -> int:
    """Serve one BMC in this process until SIGTERM or SIGINT.

    :param parent: reading end of a pipe; when its other end is closed, that is the end too.
    :return: exit status: 0 when stopped, 1 if it could not serve.
    """
    try:
        asyncio.run(_until_stopped(config, parent))
    except (OSError, BehaviourError) as error:
        print(f"BMC {config.name}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0
