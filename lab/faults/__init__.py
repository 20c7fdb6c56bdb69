# SPDX-License-Identifier: Apache-2.0
"""Faults of cables and disks, made from the lab's side: no host can see or undo them.

One file each; `all` brings them together. What is wrong is not written down a second time: it is
read from where it is made (the switch's rules, the disk), so it cannot be out of date, and it is
gone with the lab. Knows the engine; nothing of OpenStack.
"""
