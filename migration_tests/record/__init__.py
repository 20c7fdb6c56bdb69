# SPDX-License-Identifier: Apache-2.0
"""What a run writes down: the history, the run folder and the verdicts.

May not know: the cloud, Tempest, hosts. Everything here is plain data and files.
"""
