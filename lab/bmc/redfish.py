# SPDX-License-Identifier: Apache-2.0
"""Redfish over HTTPS, with sushy-tools as the service: one system, and what it is asked for.

sushy-tools knows Redfish, its resources and its authentication (HTTP basic); this file gives it a
driver for the one host behind the BMC, and a server in which a client that says nothing keeps
nobody else waiting. Knows HTTP and a controller; may not know what switches the power, nor decide
how the BMC behaves.
"""

import asyncio
import base64
import logging
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import bcrypt
import flask
from sushy_tools import error
from sushy_tools.emulator import main as sushy_emulator
from sushy_tools.emulator.resources.systems.base import AbstractSystemsDriver
from werkzeug import serving

from lab.bmc import listeners
from lab.bmc.behaviours import Asked, Refusal
from lab.bmc.config import BmcConfig, RedfishConfig
from lab.bmc.controller import Controller, RefusedError

# HTTP status, and the message's name in DMTF's Base registry.
ANSWERS = {
    Refusal.PRIVILEGE: (403, "InsufficientPrivilege"),
    Refusal.BUSY: (503, "ServiceTemporarilyUnavailable"),
    Refusal.UNSUPPORTED: (400, "ActionParameterNotSupported"),
    Refusal.STATE: (409, "ResourceInStandby"),
    Refusal.UNKNOWN: (500, "InternalError"),
}

# ResetType of ComputerSystem.Reset, DMTF's schema Resource.
ACTIONS = {
    "On": "on",
    "ForceOn": "on",
    "ForceOff": "off",
    "ForceRestart": "reset",
    "PowerCycle": "cycle",
    "GracefulShutdown": "shutdown",
    "GracefulRestart": "restart",
}

CLIENT_SECONDS = 30.0
CONTROLLER_SECONDS = 20.0

Result = TypeVar("Result")
Environ = dict[str, Any]


class Driver(AbstractSystemsDriver):
    """The one system of a BMC, as sushy-tools asks for it, from threads of its own.

    :param loop: where the controller lives.
    """

    driver = "the host behind this BMC"

    def __init__(
        self, config: BmcConfig, controller: Controller, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._uuid = str(config.guid)
        self._name = config.name
        self._controller = controller
        self._loop = loop

    @property
    def systems(self) -> list[str]:
        """The UUIDs of all systems."""
        return [self._uuid]

    def uuid(self, identity: str) -> str:
        """Return the UUID of a system called by that or by its name."""
        if identity not in (self._uuid, self._name):
            raise error.NotFound(f"There is no system {identity} here, only {self._name}.")
        return self._uuid

    def name(self, identity: str) -> str:
        """Return the host's name."""
        self.uuid(identity)
        return self._name

    def get_power_state(self, identity: str) -> str:
        """Return ``On`` or ``Off``."""
        self._only_by_uuid(identity)
        return "On" if self._ask(self._controller.on()) else "Off"

    def set_power_state(self, identity: str, state: str) -> None:
        """Accept a power action by its name in Redfish."""
        self._only_by_uuid(identity)
        self._ask(self._controller.switch(ACTIONS.get(state)))

    def get_boot_device(self, identity: str) -> None:
        """Return nothing: the host boots from its own disk, always."""

    def set_boot_device(self, identity: str, boot_source: str) -> NoReturn:
        """Refuse: it boots from its own disk."""
        raise error.NotSupportedError("This host boots from its own disk only.")

    def _only_by_uuid(self, identity: str) -> None:
        # The service then points the client to the address by UUID.
        if self.uuid(identity) != identity:
            raise error.AliasAccessError(self._uuid)

    def _ask(self, question: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(question, self._loop).result(CONTROLLER_SECONDS)


def refuse(refused: RefusedError) -> flask.Response:
    """Say by Redfish's error object why a request is not served."""
    status, message = ANSWERS[refused.refusal]
    text = f"{refused.refusal.value[0].upper()}{refused.refusal.value[1:]}."
    info = {
        "@odata.type": "#Message.v1_1_1.Message",
        "MessageId": f"Base.1.8.{message}",
        "Message": text,
        "Severity": "Critical",
    }
    body = {"code": info["MessageId"], "message": text, "@Message.ExtendedInfo": [info]}
    response = flask.jsonify({"error": body})
    response.status_code = status
    if refused.refusal is Refusal.BUSY:
        response.headers["Retry-After"] = "1"
    return response


class Late:
    """The service as a client meets it: as slow as the BMC is, and letting in whom it lets in."""

    def __init__(self, service: Callable[..., Iterable[bytes]], controller: Controller) -> None:
        self._service = service
        self._controller = controller

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        time.sleep(self._controller.delay)
        try:
            self._controller.check(Asked.LOGIN)
        except RefusedError:
            if "HTTP_AUTHORIZATION" in environ:
                nobody = base64.b64encode(b"nobody:").decode()
                environ["HTTP_AUTHORIZATION"] = f"Basic {nobody}"
        return self._service(environ, start)


def application(config: BmcConfig, controller: Controller, users: Path) -> Late:
    """Return sushy-tools' application for this BMC; there is one in a process.

    :param users: a file with who may log in, in the format of htpasswd with bcrypt; the service
        keeps its notes beside it.
    """
    driver = Driver(config, controller, asyncio.get_running_loop())
    service = sushy_emulator.app
    # The application offers no other way in for a driver that is not its own.
    type(service).systems = property(lambda _service: driver)
    service.configure(
        extra_config={
            "SUSHY_EMULATOR_AUTH_FILE": str(users),
            "SUSHY_EMULATOR_STATE_DIR": str(users.parent),
            # Systems and their power; nothing is offered that is not there.
            "SUSHY_EMULATOR_FEATURE_SET": "minimum",
        }
    )
    service.before_request(lambda: controller.check(Asked.READ))
    service.register_error_handler(RefusedError, refuse)
    return Late(service, controller)


class _Handler(serving.WSGIRequestHandler):
    """One request for each connection, and none that waits for ever."""

    protocol_version = "HTTP/1.0"
    timeout = CLIENT_SECONDS

    def log(self, type: str, message: str, *args: Any) -> None:
        """Log for those who look for it only."""
        logging.getLogger(__name__).debug(message, *args)


class _Server(serving.ThreadedWSGIServer):
    """werkzeug's server on a socket that is there, each client's handshake in its own thread."""

    daemon_threads = True

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, app: Late) -> None:
        host, port = sock.getsockname()[:2]
        super().__init__(host, port, app, _Handler, fd=sock.fileno())
        self.ssl_context = context

    def get_request(self) -> tuple[Any, Any]:
        """Accept a client without waiting for what it has to say."""
        client, address = self.socket.accept()
        assert self.ssl_context
        secure = self.ssl_context.wrap_socket(
            client, server_side=True, do_handshake_on_connect=False
        )
        return secure, address


class Listener(listeners.Listener):
    """The TCP port at which a BMC answers Redfish."""

    protocol = "Redfish"

    def __init__(self, config: BmcConfig, redfish: RedfishConfig, controller: Controller) -> None:
        super().__init__(config.address, redfish.port, socket.SOCK_STREAM)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(redfish.certificate, redfish.key)
        # The cheapest hash: it guards a file that only its owner reads, on each request anew.
        secret = bcrypt.hashpw(config.password.encode(), bcrypt.gensalt(4)).decode()
        # Goes with this process: a closed port may be opened again.
        self._folder = tempfile.TemporaryDirectory(prefix="redfish-")
        users = Path(self._folder.name) / "users"
        users.write_text(f"{config.user}:{secret}\n")
        self._application = application(config, controller, users)
        self._socket_served: socket.socket | None = None
        self._server: _Server | None = None

    async def serve(self, sock: socket.socket) -> None:
        """Begin to answer at `sock`."""
        self._server = _Server(sock, self._context, self._application)
        self._socket_served = sock
        asyncio.get_running_loop().add_reader(sock, self._server.handle_request)

    def end(self) -> None:
        """Answer no more, and close the socket."""
        if self._server and self._socket_served:
            asyncio.get_running_loop().remove_reader(self._socket_served)
            self._server.server_close()
            self._socket_served.close()
