# SPDX-License-Identifier: Apache-2.0
"""What is proved of the lab and the suite by longer runs, one file each.

A trial is a module with a docstring, whose first line says what it proves, and ``run()``, which
does it and returns a `counting.Count`. Its name with dashes is its name on the command line.
"""
