# SPDX-License-Identifier: Apache-2.0
"""The services of the lab, one file each; every one renders its files and units for a host.

A part is a pure function of the plan: it touches no disk and starts nothing. `lab.services.all`
lists them.
"""
