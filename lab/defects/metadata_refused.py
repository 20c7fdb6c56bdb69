# SPDX-License-Identifier: Apache-2.0
"""The metadata service does not know a server any more that was moved to another host.

To be seen in the server, after an evacuation: curl -i http://169.254.169.254/openstack/latest
"""

from typing import Any

SERVICES = ("nova-metadata",)
JUDGES = ("metadata_answers",)
# They cannot be asked for.
HIDES = ("hostname_kept", "user_data_kept")


def apply() -> None:
    """Answer 404 to servers that are not where they were launched."""
    from nova.api.metadata import handler

    get = handler.MetadataRequestHandler.get_metadata_by_instance_id

    def get_at_home(self: Any, *arguments: Any) -> Any:
        data = get(self, *arguments)
        if data is not None and data.instance.host != data.instance.launched_on:
            return None
        return data

    handler.MetadataRequestHandler.get_metadata_by_instance_id = get_at_home
