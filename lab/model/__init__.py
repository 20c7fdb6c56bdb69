# SPDX-License-Identifier: Apache-2.0
"""What a lab is, as data: what was chosen, its hosts and networks, its secrets, its releases.

Nothing here makes or changes anything but files of secrets in the lab's own folder.
"""
