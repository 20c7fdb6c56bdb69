# SPDX-License-Identifier: Apache-2.0
"""The lab's networks, as data: addresses, the hosts' interfaces, the bridges between them.

Knows nothing of hosts, nor of what goes over a network.
"""

# The first three bytes of each network's addresses; all are /24.
MANAGEMENT = "172.30.1"
STORAGE = "172.30.2"
TUNNEL = "172.30.3"
BMC = "172.30.4"
PROVIDER = "172.30.5"

RUNNER_OCTET = 1
CONTROL_OCTET = 10

# Network -> interface in a host.
INTERFACES = {"management": "eth0", "storage": "eth1", "tunnel": "eth2", "provider": "eth3"}

# Interface in a host -> bridge it hangs on.
BRIDGES = {"eth0": "br-mgmt", "eth1": "br-stor", "eth2": "br-tun", "eth3": "br-prov"}
BMC_BRIDGE = "br-bmc"
