# SPDX-License-Identifier: Apache-2.0
"""JSON Schemas of the files people write for this library."""
