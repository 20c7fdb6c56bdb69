# SPDX-License-Identifier: Apache-2.0
"""The stories: what is done to the cloud, in which order, and how it is undone.

A story never asserts; it records. May not know the judges.
"""
