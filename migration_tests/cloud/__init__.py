# SPDX-License-Identifier: Apache-2.0
"""The cloud as the stories see it: Tempest's clients in, plain data out.

May not know: stories, observers and judges.
"""
