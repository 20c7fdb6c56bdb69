# SPDX-License-Identifier: Apache-2.0
"""One BMC at work: its switch, its doors, and an eye on its orders. Knows no protocol's inside."""

import asyncio
import contextlib
import logging
import signal
import sys

from lab.bmc import ipmi
from lab.bmc.chassis import Chassis
from lab.bmc.config import BmcConfig
from lab.bmc.doors import Door
from lab.bmc.manners import MannersError
from lab.bmc.orders import TICK, Orders
from lab.bmc.panel import Panel

LOG = logging.getLogger(__name__)


async def serve(config: BmcConfig) -> None:
    """Serve one BMC until the task is cancelled; prints where it listens.

    :raises OSError: a port cannot be had.
    :raises MannersError: what it was told in an earlier life cannot be followed.
    """
    chassis = Chassis(config)
    orders = Orders(config.path)
    panel = Panel(chassis, orders)
    doors: list[Door] = [ipmi.Door(config, panel)]
    if config.redfish:
        # Only here is sushy-tools needed.
        from lab.bmc import redfish

        doors.append(redfish.Door(config, config.redfish, panel))
    try:
        await _be(doors, orders)
        for door in doors:
            print(f"{door.protocol} at {door.address} port {door.port}", flush=True)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(chassis.work())
            tasks.create_task(_follow(doors, orders))
    finally:
        for door in doors:
            door.close()


async def _be(doors: list[Door], orders: Orders) -> None:
    for door in doors:
        await door.be(orders.behaviour.away)
    orders.obeyed()


async def _follow(doors: list[Door], orders: Orders) -> None:
    """Take up each new order, for ever."""
    while True:
        await asyncio.sleep(TICK)
        try:
            if orders.changed():
                await _be(doors, orders)
                LOG.info("told to be: %s", orders.behaviour.manners)
        except MannersError as error:
            LOG.error("%s", error)


async def _until_told(config: BmcConfig, parent: int | None) -> None:
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
    :return: exit status: 0 when told to stop, 1 if it could not serve.
    """
    try:
        asyncio.run(_until_told(config, parent))
    except (OSError, MannersError) as error:
        print(f"BMC {config.name}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0
