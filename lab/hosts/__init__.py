# SPDX-License-Identifier: Apache-2.0
"""The hosts of a lab as they run: the engine for a plan, with a BMC for each compute host.

Knows the plan and the engine (`lab.core`); nothing of the services on the hosts.
"""
