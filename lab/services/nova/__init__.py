# SPDX-License-Identifier: Apache-2.0
"""Nova: API, conductor and scheduler (`control`), nova-compute on compute hosts (`compute`)."""
