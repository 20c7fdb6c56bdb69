# SPDX-License-Identifier: Apache-2.0
"""Small, documented ways to break the lab's cloud, so that the suite can be put on trial.

A defect is a Python file with a docstring, ``SERVICES`` (names of the console commands it is for)
and ``apply()``, which is called inside each such process before its main function begins. Nothing
installed is changed.
"""
