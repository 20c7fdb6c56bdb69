# SPDX-License-Identifier: Apache-2.0
"""How any scenario is run: what it is made of, where it takes place, its context, its course.

May not know: any scenario, any step, any judge.
"""
