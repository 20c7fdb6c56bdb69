# SPDX-License-Identifier: Apache-2.0
"""Commands of this library, found by the application through entry points."""
