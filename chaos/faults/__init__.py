# SPDX-License-Identifier: Apache-2.0
"""Faults, one file each; each is a fixture that keeps the contract of chaos.faults.contract."""
