# SPDX-License-Identifier: Apache-2.0
"""The scenarios: one file each, declarations only. `registry` finds them all.

May not know: the runner's insides, judges.
"""
