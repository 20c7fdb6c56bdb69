# SPDX-License-Identifier: Apache-2.0
"""The Redfish side of a machine's BMC: sushy-tools as the service, over HTTPS."""

import logging
import socket
import uuid
from pathlib import Path

import bcrypt
from sushy_tools.emulator import main as emulator
from sushy_tools.emulator.resources.systems.base import AbstractSystemsDriver
from werkzeug import serving

from chaos.tests.unit.simulated.ipmi_bmc import Machine

ACTIONS = {"On": "on", "ForceOn": "on", "ForceOff": "off"}


class Driver(AbstractSystemsDriver):
    driver = "the machine of a test"

    def __init__(self, machine, mode):
        self.machine = machine
        self.mode = mode
        self.told = 0
        self.pretended = None
        self.identity = str(uuid.uuid4())

    @property
    def systems(self):
        return [self.identity]

    def uuid(self, identity):
        return self.identity

    def name(self, identity):
        return "compute"

    def get_boot_device(self, identity):
        return None

    def set_boot_device(self, identity, boot_source):
        raise NotImplementedError

    def get_power_state(self, identity):
        return self.pretended or ("On" if self.machine.alive() else "Off")

    def set_power_state(self, identity, state):
        self.told += 1
        word = ACTIONS[state]
        if self.mode == "liar" and word == "off":
            self.pretended = "Off"
        elif self.mode == "deaf" or (self.mode == "forgetful" and self.told <= 2):
            return
        else:
            self.pretended = None
            getattr(self.machine, word)()


def main(config, descriptors, tell):
    """Serve until killed.

    :param config: as that of simulated.ipmi_bmc, and ``certificate``, ``key``
    :param descriptors: the listening socket of the machine
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    machine = Machine(socket.socket(fileno=descriptors[0]), config, tell)
    driver = Driver(machine, config["mode"])
    app = emulator.app
    type(app).systems = property(lambda _app: driver)
    # In the folder of the test: this process is killed, and clears nothing away.
    users = Path(config["certificate"]).with_name("bmc.users")
    hashed = bcrypt.hashpw(config["password"].encode(), bcrypt.gensalt(4)).decode()
    users.write_text(f"{config['user']}:{hashed}\n")
    app.configure(
        extra_config={
            "SUSHY_EMULATOR_AUTH_FILE": str(users),
            "SUSHY_EMULATOR_STATE_DIR": str(users.parent),
            "SUSHY_EMULATOR_FEATURE_SET": "minimum",
        }
    )
    context = (config["certificate"], config["key"])
    server = serving.make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
    print(server.server_port, file=tell, flush=True)
    machine.on()
    server.serve_forever()
