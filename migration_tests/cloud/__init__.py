# SPDX-License-Identifier: Apache-2.0
"""The cloud: Tempest's clients in, plain data out, and every change of it through one place.

`questions` only asks, `changes` is all that alters anything. May not know: the history, steps,
observers and judges.
"""
