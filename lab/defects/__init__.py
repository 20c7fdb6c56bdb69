# SPDX-License-Identifier: Apache-2.0
"""Small, documented ways to break the lab's cloud, so that the suite can be put on trial.

A defect is a Python file with a docstring, ``SERVICES`` (names of the units it is for), ``JUDGES``
(the judges of the suite that must fail, and no other), optionally ``HOSTS``, and ``apply()``,
which is called inside each such process before its main function begins. Nothing installed is
changed.
"""
