# SPDX-License-Identifier: Apache-2.0
"""The engine of the lab: cache, root file system, namespaces, containers, power.

Knows hosts and how to make, start and kill them; nothing of OpenStack.
"""
