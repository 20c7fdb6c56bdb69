# SPDX-License-Identifier: Apache-2.0
"""``python -m lab.bmc --config FILE``: serve one BMC until SIGTERM or SIGINT."""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

from lab.bmc.config import BmcConfig, BmcConfigError, load


async def _until_told(config: BmcConfig) -> None:
    # Only here is pyghmi needed: a wrong configuration is told without it.
    from lab.bmc.server import serve

    task = asyncio.get_running_loop().create_task(serve(config))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def main(argv: list[str] | None = None) -> int:
    """Run one BMC.

    :return: exit status: 0 when told to stop, 1 if it could not serve
    """
    parser = argparse.ArgumentParser(prog="python -m lab.bmc", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file, see lab.bmc.config")
    parser.add_argument("--debug", action="store_true", help="log every packet not understood")
    args = parser.parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if args.debug else logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    try:
        config = load(args.config)
        asyncio.run(_until_told(config))
    except (BmcConfigError, OSError) as exc:
        print(f"BMC: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
