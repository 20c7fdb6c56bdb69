# SPDX-License-Identifier: Apache-2.0
"""What watches while a scenario runs: each one turns what it sees into events.

May not know: why anything happens (`steps`) and what is concluded (`judges`).
"""
