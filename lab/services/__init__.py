# SPDX-License-Identifier: Apache-2.0
"""The services of the lab, one file each: what each wants on a host, and what it declares.

``render(plan, host)`` returns the files and units that a service wants on a host. It is a pure
function of the plan: it touches no disk and starts nothing. A service of the cloud declares its
user, its databases, its endpoint and its bootstrap in ``SERVICE`` (`lab.model.service`), and may
fill in what it needs over the cloud's API once it runs (``populate``, see `lab.cloud.filling`).
`lab.services.all` finds them all. What several of them share is in ``common``.
"""
