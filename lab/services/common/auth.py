# SPDX-License-Identifier: Apache-2.0
"""How the lab's services sign in to Keystone and check the tokens they are shown.

Knows the users and addresses of the identity service; nothing of what a service does with them.
"""

from lab.core.ini import Value
from lab.model.networks import CONTROL_OCTET, MANAGEMENT
from lab.model.plan import REGION, Plan

IDENTITY_URL = f"http://{MANAGEMENT}.{CONTROL_OCTET}:5000/v3"
MEMCACHED = "127.0.0.1:11211"
DOMAIN = "Default"
SERVICE_PROJECT = "service"


def password_secret(user: str) -> str:
    """Return the name of the secret that is the Keystone password of `user`."""
    return f"keystone-{user}"


def keystone_auth(plan: Plan, user: str) -> dict[str, Value]:
    """Return the keystoneauth options with which service user `user` signs in.

    They fit every section that loads a keystoneauth plugin and session (``[placement]``,
    ``[neutron]``, ``[nova]``, ...).
    """
    return {
        "auth_type": "password",
        "auth_url": IDENTITY_URL,
        "username": user,
        "password": plan.secrets[password_secret(user)],
        "user_domain_name": DOMAIN,
        "project_name": SERVICE_PROJECT,
        "project_domain_name": DOMAIN,
    }


def service_user(plan: Plan, user: str) -> dict[str, Value]:
    """Return ``[service_user]``: a service shows its own token next to the user's.

    Cinder refuses volume moves without it.
    """
    return {"send_service_user_token": True, **keystone_auth(plan, user)}


def authtoken(plan: Plan, user: str) -> dict[str, Value]:
    """Return ``[keystone_authtoken]`` for an API of service user `user` on the controller."""
    return {
        **keystone_auth(plan, user),
        "www_authenticate_uri": IDENTITY_URL,
        "region_name": REGION,
        "memcached_servers": MEMCACHED,
        "service_token_roles": "service",
        "service_token_roles_required": True,
    }
