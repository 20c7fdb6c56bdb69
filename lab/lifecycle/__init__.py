# SPDX-License-Identifier: Apache-2.0
"""What is done with a lab as a whole, one file each: made, reset, changed, removed.

`building` is a lab by its name; `making` has the steps of ``lab up``, `resetting` those of ``lab
reset``. The commands in `lab.cli` call these.
"""
