# SPDX-License-Identifier: Apache-2.0
"""Kills the runner at every phase of every fault, and counts how often the host comes back.

``python -m chaos.tests.killmatrix --hosts hosts.yaml --host compute1``, run where the host's
network is (in the lab: ``migration-chaos lab exec -- ...``). It really disturbs the host, again
and again. After each kill nothing is done but wait: then the host has to be up, its services have
to run, and the journal has to be closed. Prints ``restored n/n``, and how long that took beside a
bare power cycle.

Then what else may happen to a run: its keeper is killed, both are, it is interrupted twice, a
second run comes along.

What is killed when stands in :mod:`.cases`, who is killed in :mod:`.runner`, what else may happen
in :mod:`.other_failures`, what the host has to be like afterwards in :mod:`.health`, what it all
costs in :mod:`.cost`.
"""
