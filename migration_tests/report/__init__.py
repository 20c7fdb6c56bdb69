# SPDX-License-Identifier: Apache-2.0
"""Shows verdicts to people. Knows verdicts.json and nothing else: no history, no cloud."""
