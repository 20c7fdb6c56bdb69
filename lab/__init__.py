# SPDX-License-Identifier: Apache-2.0
"""The lab: a real, small OpenStack on one machine, with compute hosts that can be killed.

Its product is tempest.conf, clouds.yaml and hosts.yaml. This room knows neither the suite
(migration_tests) nor the faults (chaos); for them the lab is a cloud like any other.
"""
