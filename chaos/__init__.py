# SPDX-License-Identifier: Apache-2.0
"""Faults of hosts that prove themselves and undo themselves.

Knows hosts: how to reach them, switch them off and on, and tell dead from alive. Knows nothing of
OpenStack, of the test plugin or of the lab, and imports none of them.
"""
