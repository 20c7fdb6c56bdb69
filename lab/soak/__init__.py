# SPDX-License-Identifier: Apache-2.0
"""The soak: the lab's cloud moves servers and loses hosts, over and over, and must not wear out.

Part of the lab, not of the suite: it asks whether the lab is fit to judge by. Speaks the cloud's
public API, looks at hosts from the machine. ``python -m lab.soak`` runs in the lab's network.
"""
