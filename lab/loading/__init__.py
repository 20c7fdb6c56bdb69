# SPDX-License-Identifier: Apache-2.0
"""How defects and remedies are loaded into the lab's services.

`patch` reads one as data, `load` runs inside a host and applies it in the service's process,
`starting` says how services start with it, `changing` changes a lab that is up, `looking` asks the
hosts what is loaded. The defects themselves are in `lab.defects`, the remedies in `lab.remedies`.
"""
