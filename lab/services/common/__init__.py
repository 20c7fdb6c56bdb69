# SPDX-License-Identifier: Apache-2.0
"""What several services share: how they sign in to Keystone, act as root, are served by uWSGI."""

# Where the services' programs lie.
BIN = "/opt/openstack/bin"
