# SPDX-License-Identifier: Apache-2.0
"""Tests that need neither root nor a cloud; their peers speak the real protocols."""
