# SPDX-License-Identifier: Apache-2.0
"""What can be done in a scenario: one step a file, each a frozen dataclass.

A scenario imports each step from its own file; nothing lists them. A step knows the context it
works with; no scenario, no judge, and no other step but by what it left in the context. `moving`
is what all moves have in common.
"""
