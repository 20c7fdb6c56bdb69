# SPDX-License-Identifier: Apache-2.0
"""What every cloud has and a fresh one has not: an image, flavors, a public network, zones.

Each file fills in one service; all speak only the cloud's public API, and doing it twice changes
nothing. ``python -m lab.cloud`` does it all.
"""
