# SPDX-License-Identifier: Apache-2.0
"""What watches while a story is told: each one turns what it sees into events.

May not know: why anything happens (`stories`) and what is concluded (`judges`).
"""
