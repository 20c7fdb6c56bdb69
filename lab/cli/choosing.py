# SPDX-License-Identifier: Apache-2.0
"""The options by which a command is given the choices of a lab. Knows nothing of what they do."""

import argparse

from lab import remedies
from lab.model.choices import BACKENDS, BMCS, DRIVERS, SHARED, Choices, extras, releases


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Add an option for each choice."""
    usual = Choices()
    parser.add_argument(
        "--computes",
        dest="hosts",
        type=int,
        default=usual.hosts,
        metavar="N",
        help=f"compute hosts (default: {usual.hosts})",
    )
    add_built_choices(parser)
    parser.add_argument(
        "--shared",
        default=usual.shared,
        choices=SHARED,
        help="where instances on shared storage live: on Ceph, or in a folder that the hosts"
        f" share (default: {usual.shared})",
    )
    parser.add_argument(
        "--driver",
        default=usual.driver,
        choices=DRIVERS,
        help=f"Nova's compute driver; fake has no guests at all (default: {usual.driver})",
    )
    parser.add_argument(
        "--bmc",
        default=usual.bmc,
        choices=BMCS,
        help="what the hosts file says of how hosts are switched: over IPMI, over Redfish, by"
        f" commands of the runner, or not at all (default: {usual.bmc})",
    )
    parser.add_argument(
        "--backend",
        action="append",
        choices=BACKENDS,
        help="of Cinder; repeatable, the first is the default one"
        f" (default: {' '.join(usual.backends)})",
    )
    parser.add_argument(
        "--without-remedy",
        action="append",
        default=[],
        metavar="NAME",
        help="leave out what makes up for a bug of the published services (repeatable; see"
        " `lab remedy list` for their names)",
    )


def add_built_choices(parser: argparse.ArgumentParser) -> None:
    """Add the options for the choices by which what labs are made from differs."""
    usual = Choices()
    parser.add_argument(
        "--release",
        default=usual.release,
        choices=releases(),
        help=f"of OpenStack (default: {usual.release})",
    )
    parser.add_argument(
        "--with",
        action="append",
        dest="extras",
        default=[],
        choices=extras(),
        help="a service beyond those every lab has (repeatable)",
    )


def choices(parsed: argparse.Namespace) -> Choices:
    """Return what was chosen.

    :raises lab.model.choices.ChoiceError: one is not to be had.
    :raises lab.loading.patch.PatchError: there is no such remedy.
    """
    return Choices(
        hosts=parsed.hosts,
        release=parsed.release,
        shared=parsed.shared,
        driver=parsed.driver,
        backends=tuple(parsed.backend or Choices().backends),
        extras=tuple(parsed.extras),
        without=remedies.named(parsed.without_remedy),
        bmc=parsed.bmc,
    )
