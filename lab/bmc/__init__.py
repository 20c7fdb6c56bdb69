# SPDX-License-Identifier: Apache-2.0
"""The lab's baseboard management controllers: real IPMI and Redfish, a process for each host.

``python -m lab.bmc --config FILE`` serves one address until it is stopped. Needs nothing but
pyghmi, sushy-tools and bcrypt, of the environment of the cloud's services. Knows argument
lists that switch a host on and off and report its state; may not know what a host is made of.
"""
