# SPDX-License-Identifier: Apache-2.0
"""A BMC over Redfish: sushy-tools as the service, over HTTPS. Its host is that of ipmi_bmc.

``mode`` as there, and what :data:`MODES` has: what is done to each answer before it is sent.
"""

import email.utils
import json
import logging
import re
import socket
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bcrypt
import flask
from sushy_tools.emulator import main as emulator
from sushy_tools.emulator.resources.systems.base import AbstractSystemsDriver
from werkzeug import serving

from chaos.tests.unit.simulated.ipmi_bmc import HostProcess

ACTIONS = {"On": "on", "ForceOn": "on", "ForceOff": "off"}


class Driver(AbstractSystemsDriver):
    driver = "the host of a test"

    def __init__(self, host, mode):
        self.host = host
        self.mode = mode
        self.asked = 0
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
        return self.pretended or ("On" if self.host.alive() else "Off")

    def set_power_state(self, identity, state):
        self.asked += 1
        word = ACTIONS[state]
        if self.mode == "liar" and word == "off":
            self.pretended = "Off"
        elif self.mode == "deaf" or (self.mode == "forgetful" and self.asked <= 2):
            return
        else:
            self.pretended = None
            getattr(self.host, word)()


def offer_no_off(response):
    """Leave the hard power-off out of what the system says it supports."""
    if response.is_json:
        response.set_data(re.sub(r'"ForceOff",\s*', "", response.get_data(as_text=True)))
    return response


def list_for_object(response):
    """Put a list where an object belongs."""
    if response.is_json:
        response.set_data(f"[{response.get_data(as_text=True)}]")
    return response


def error_is_a_list(response):
    """Refuse, in words that are no object either."""
    response.status_code = 500
    response.set_data('{"error": ["busy"]}')
    return response


def busy(times, retry_after=None, body="{}"):
    """Answer so many requests with 503, and with when to come back."""
    left = [None] * times

    def answer(response):
        if left:
            left.pop()
            response.status_code = 503
            response.set_data(body)
            if retry_after:
                response.headers["Retry-After"] = retry_after()
        return response

    return answer


def in_two_seconds():
    return email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


# As an iDRAC says it, without the header (ironcore-dev/metal-operator#170).
SYS518 = json.dumps(
    {
        "error": {
            "code": "Base.1.12.GeneralError",
            "@Message.ExtendedInfo": [
                {"MessageId": "IDRAC.2.8.SYS518", "Message": "iDRAC is currently unable to ..."},
                {"MessageId": "Base.1.12.ServiceTemporarilyUnavailable", "MessageArgs": ["1"]},
            ],
        }
    }
)

def not_supported():
    """As firmware refuses a reset that it has offered."""
    body = {
        "error": {
            "code": "Base.1.8.GeneralError",
            "message": "See ExtendedInfo",
            "@Message.ExtendedInfo": [
                {
                    "MessageId": "Base.1.8.ActionParameterNotSupported",
                    "Message": "100% refused: ResetType ForceOff needs a license.",
                    "Resolution": "Install the license for remote power control.",
                }
            ],
        }
    }
    return flask.Response(json.dumps(body), 400, content_type="application/json")


def off_not_supported():
    """Refuse every reset but that which switches on."""
    asked = flask.request.get_json(silent=True) or {}
    return None if asked.get("ResetType") in {"On", "ForceOn"} else not_supported()


def task(state, **more):
    return {
        "@odata.id": "/redfish/v1/TaskService/Tasks/7",
        "@odata.type": "#Task.v1_4_2.Task",
        "TaskState": state,
        **more,
    }


FAILED = {
    "TaskStatus": "Critical",
    "Messages": [{"MessageId": "IDRAC.2.8.PWR7", "Message": "The chassis holds the power."}],
}


def accepted(location="/redfish/v1/TaskService/Tasks/7", body=None):
    """Make a task of it that is never carried out."""

    def answer():
        text = json.dumps(task("Running") if body is None else body)
        response = flask.Response(text, 202, content_type="application/json")
        response.headers["Location"] = location
        return response

    return answer


def says(status, body):
    return lambda: flask.Response(json.dumps(body), status, content_type="application/json")


def refusal(status, **message):
    body = {"error": {"code": "Base.1.2.GeneralError", "@Message.ExtendedInfo": [message]}}
    return says(status, body)


def redirect(status, to):
    """Send to another path, or place, from where it was asked."""
    return lambda: flask.Response(
        "moved", status, {"Location": to.format(path=flask.request.path)}
    )


def reset():
    """What a reset is carried out by, at a path of its own; a GET says what went wrong."""
    if flask.request.method != "POST":
        return flask.Response("{}", 405, content_type="application/json")
    driver = flask.current_app.systems
    driver.set_power_state(driver.identity, flask.request.get_json()["ResetType"])
    return flask.Response("", 204)


RESET, TASK, MONITOR = "ComputerSystem.Reset", "TaskService/Tasks/7", "TaskService/Monitors/7"

# What is answered to requests for paths that end so, instead of what would be.
INSTEAD = {
    "refuses": {RESET: off_not_supported},
    "refuses_in_html": {
        RESET: lambda: flask.Response("<h1>Bad</h1>", 400, content_type="text/html")
    },
    "task_fails": {RESET: accepted(), TASK: says(200, task("Exception", **FAILED))},
    "task_fails_at_once": {RESET: says(202, task("Exception", **FAILED))},
    "monitor_fails": {
        RESET: accepted("https://bmc.internal/redfish/v1/TaskService/Monitors/7", {}),
        MONITOR: not_supported,
    },
    # As an iDRAC refuses "on" to a host that is on (dell/dellemc-openmanage-ansible-modules#132),
    # and an iLO (goldyfruit/ansible-ilo#1).
    "on_already_409": {
        RESET: refusal(409, MessageId="IDRAC.1.6.PSU501", Message="Server is already powered ON.")
    },
    "on_already_400": {
        RESET: refusal(
            400, MessageID="iLO.0.10.InvalidOperationForSystemState", MessageArgs=["Power is on"]
        )
    },
    "may_only_read": {
        RESET: refusal(
            403,
            MessageId="Base.1.8.InsufficientPrivilege",
            Message="There are insufficient privileges for the account to do this.",
            Resolution="Give the account the privilege ConfigureComponents.",
        )
    },
    "no_license": {RESET: not_supported},
    "other_conflict": {
        RESET: refusal(409, MessageId="X.1.Busy", Message="An update is already in progress.")
    },
    "see_other": {RESET: redirect(303, "{path}/moved"), f"{RESET}/moved": reset},
    "moved_in_a_circle": {RESET: redirect(301, "{path}")},
    "moved_away": {RESET: redirect(302, "https://127.0.0.2{path}")},
    "moved_to_http": {RESET: redirect(302, "http://127.0.0.1{path}")},
    **{
        f"moved_{status}": {RESET: redirect(status, "{path}/"), f"{RESET}/": reset}
        for status in (301, 302, 307, 308)
    },
    "task_goes_on": {RESET: accepted(), TASK: says(200, task("Running"))},
}


def actions(change):
    """Let the system offer other actions than it has."""

    def answer(response):
        if b"PowerState" in response.get_data():
            body = response.get_json()
            change(body)
            response.set_data(json.dumps(body))
        return response

    return answer


def offers(*kinds):
    def change(body):
        reset = body["Actions"]["#ComputerSystem.Reset"]
        reset["ResetType@Redfish.AllowableValues"] = list(kinds)

    return actions(change)


MODES = {
    "no_actions": actions(lambda body: body.pop("Actions")),
    "actions_null": actions(lambda body: body.update(Actions=None)),
    "no_reset": actions(lambda body: body.update(Actions={"Oem": {}})),
    "no_target": actions(lambda body: body["Actions"]["#ComputerSystem.Reset"].pop("target")),
    "no_on_offered": offers("ForceOff", "GracefulShutdown", "PushPowerButton"),
    "force_on_offered": offers("ForceOff", "ForceOn"),
    "graceful_only": offers("GracefulShutdown", "GracefulRestart"),
    "offers_nothing_known": offers("Abracadabra"),
    "busy_for_a_second": busy(2, lambda: "1"),
    "busy_until_a_date": busy(1, in_two_seconds),
    "busy_by_message": busy(1, body=SYS518),
    "busy_without_a_word": busy(2, body="upstream connect error"),
    "busy_for_an_hour": busy(1000, lambda: "3600"),
    "no_off": offer_no_off,
    "list_for_object": list_for_object,
    "error_is_a_list": error_is_a_list,
}


def main(config, descriptors, out):
    """Serve until killed.

    :param config: as that of simulated.ipmi_bmc, and ``certificate``, ``key``
    :param descriptors: the listening socket of the host
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    host = HostProcess(socket.socket(fileno=descriptors[0]), config, out)
    driver = Driver(host, config["mode"])
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
    instead = INSTEAD.get(config["mode"], {})

    @app.before_request
    def answer_instead():
        given = [answer for path, answer in instead.items() if flask.request.path.endswith(path)]
        # Of nothing, the usual answer is given.
        return given[0]() if given else None

    if config["mode"] in MODES:
        app.after_request(MODES[config["mode"]])
    context = (config["certificate"], config["key"])
    server = serving.make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
    print(server.server_port, file=out, flush=True)
    host.on()
    server.serve_forever()
