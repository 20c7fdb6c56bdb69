# SPDX-License-Identifier: Apache-2.0
"""``python -m lab.bmc --config FILE [--config FILE ...]``: serve BMCs until SIGTERM or SIGINT."""

import argparse
import logging
import sys
from pathlib import Path

from lab.bmc.config import BmcConfigError, load


def main(argv: list[str] | None = None) -> int:
    """Run the BMCs.

    :return: exit status: 0 when stopped, 1 if one could not be served
    """
    parser = argparse.ArgumentParser(prog="python -m lab.bmc", description=__doc__)
    parser.add_argument(
        "--config",
        type=Path,
        required=True,
        action="append",
        help="JSON file, see lab.bmc.config; several are served by a process each",
    )
    parser.add_argument("--debug", action="store_true", help="log every packet not understood")
    args = parser.parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if args.debug else logging.INFO,
        format="%(asctime)s %(process)d %(levelname)s %(message)s",
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    try:
        configs = [load(path) for path in args.config]
    except BmcConfigError as exc:
        print(f"BMC: {exc}", file=sys.stderr)
        return 1
    # Only here are the protocols' libraries needed: a wrong configuration needs none.
    from lab.bmc import processes, serving

    if len(configs) == 1:
        return serving.run(configs[0])
    return processes.run(configs)


if __name__ == "__main__":
    sys.exit(main())
