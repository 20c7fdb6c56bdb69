# SPDX-License-Identifier: Apache-2.0
"""What a lab is for the rest of the world: tempest.conf, clouds.yaml and hosts.yaml.

For whoever reads these the lab is a cloud like any other.
"""
