# SPDX-License-Identifier: Apache-2.0
"""The lab's baseboard management controllers: one small process for each, speaking real IPMI.

``python -m lab.bmc --config FILE`` serves one address until it is told to stop. Only the standard
library and pyghmi, so that it runs in the environment of the cloud's services. Knows argument
lists that switch a host on and off and tell its state; may not know what a host is made of.
"""
