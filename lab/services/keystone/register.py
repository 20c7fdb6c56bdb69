# SPDX-License-Identifier: Apache-2.0
"""Registers the services with Keystone: a project, their users and roles, their endpoints.

Runs where the databases of a fresh cloud are made (`lab.template.builder`), with the services' own
Python, once Keystone's own bootstrap is done; asks Keystone's application in this very process.
Imports nothing of the lab: what services there are comes as JSON in the variable LAB_TEMPLATE.
"""

import json
import os
import sys
from typing import Any

# Every lab replaces it, for all users.
PLACEHOLDER = "placeholder"


class RegisterError(Exception):
    """Keystone refused; the message says what it answered to what."""


class Keystone:
    """Keystone's application, in this process, asked as the administrator."""

    def __init__(self) -> None:
        from keystone.wsgi.api import application
        from werkzeug.test import Client

        self._client = Client(application)
        self._headers: dict[str, str] = {}
        user = {"name": "admin", "domain": {"id": "default"}, "password": PLACEHOLDER}
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        identity = {"methods": ["password"], "password": {"user": user}}
        self.ask("POST", "/auth/tokens", {"auth": {"identity": identity, "scope": scope}})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return the JSON that is answered."""
        answer = self._client.open(
            f"/v3{path}", method=method, json=body, headers=self._headers
        )
        if answer.status_code >= 400:
            raise RegisterError(f"Keystone answered {answer.status} to {path}: {answer.text}")
        if "X-Subject-Token" in answer.headers:
            self._headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
        return answer.json if answer.data else None

    def make(self, kind: str, **body: str) -> str:
        """Make a user, a project, ... and return its ID."""
        return str(self.ask("POST", f"/{kind}s", {kind: body})[kind]["id"])


def main(facts: dict[str, Any]) -> None:
    """Register all services."""
    # Keystone reads the command line as its own.
    del sys.argv[1:]
    keystone = Keystone()
    roles = {role["name"]: role["id"] for role in keystone.ask("GET", "/roles")["roles"]}
    project = keystone.make("project", name=facts["service_project"], domain_id="default")
    for service in facts["services"]:
        name, endpoint = service["name"], service["endpoint"]
        if service["user"]:
            user = keystone.make(
                "user", name=name, domain_id="default", password=PLACEHOLDER
            )
            for role in ("admin", "service"):
                path = f"/projects/{project}/users/{user}/roles/{roles[role]}"
                keystone.ask("PUT", path)
        if endpoint:
            entry = keystone.make("service", name=name, type=endpoint["kind"])
            url = f"{facts['address']}:{endpoint['port']}{endpoint['path']}"
            for interface in ("public", "internal"):
                keystone.make(
                    "endpoint",
                    service_id=entry,
                    interface=interface,
                    region_id=facts["region"],
                    url=url,
                )


if __name__ == "__main__":
    main(json.loads(os.environ["LAB_TEMPLATE"]))
