# SPDX-License-Identifier: Apache-2.0
"""Inside a server: its login, the scripts run there, and the records they write.

May not know: the cloud's API and the judges.
"""
