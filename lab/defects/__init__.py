# SPDX-License-Identifier: Apache-2.0
"""Small, documented ways to break the lab's cloud, so that the suite can be put on trial.

A defect is a Python file with a docstring that says what is broken, ``SERVICES`` (names of the
units it is for), ``JUDGES`` (the judges of the suite that must fail, and no other) and
``apply()``, which is called inside each such process before its main function begins. Nothing
installed is changed. It may have ``HOSTS`` (where it is loaded; else wherever there is such a
service), ``STORAGES`` (which servers show it: ``volume``, ``shared``, ``ephemeral``; else all),
``SCENARIOS`` (the smallest that show it; else any evacuation), ``STOPS`` (True if the scenario
cannot go on with it) and ``HIDES`` (judges that have nothing to say while it is loaded).
"""
