# SPDX-License-Identifier: Apache-2.0
"""Unit tests. A machine that is busy with other work is no reason for one to fail."""

from hypothesis import HealthCheck, settings

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
