# SPDX-License-Identifier: Apache-2.0
"""What a lab is for the rest of the world: tempest.conf, clouds.yaml and hosts.yaml.

Whoever reads these cannot tell the lab from any other cloud.
"""
