# SPDX-License-Identifier: Apache-2.0
"""The command migration-chaos: the application, and the commands that run and report."""
