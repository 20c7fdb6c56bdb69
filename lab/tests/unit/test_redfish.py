# SPDX-License-Identifier: Apache-2.0
"""The lab's BMC over Redfish: the client people use (sushy), and some that nobody should."""

import socket
import ssl
import time
import unittest
import urllib.error
import urllib.request

import sushy

from lab.tests.unit.bmc_process import (
    GUID,
    IPMITOOL,
    NAME,
    PASSWORD,
    SLOW_ON,
    USER,
    Bmc,
    BmcTestCase,
    runs,
)

POLITE = 'echo polite >> "$0/log"; kill "$(cat "$0/pid")"; rm "$0/pid"'
SYSTEM = f"/redfish/v1/Systems/{GUID}"


def system(bmc, password=PASSWORD):
    """Return the host as sushy sees it, the BMC's certificate checked."""
    auth = sushy.auth.BasicAuth(USER, password)
    # Left to itself, sushy asks ten times before it believes a failure.
    how = {"verify": bmc.authority, "auth": auth, "server_side_retries": 0}
    return sushy.Sushy(bmc.url, **how).get_system(SYSTEM)


class RedfishTest(BmcTestCase):
    """``self.bmc`` is shared, and its host on before and after each test."""

    def becomes(self, bmc, state):
        end = time.monotonic() + 20
        while system(bmc).power_state.value != state:
            self.assertLess(time.monotonic(), end, f"the host never read {state}")

    def status(self, bmc, path, **how):
        """Return the HTTP status of a plain request without credentials."""
        context = ssl.create_default_context(cafile=bmc.authority)
        try:
            with urllib.request.urlopen(
                f"{bmc.url}{path}", context=context, timeout=30, **how
            ) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def test_power_goes_off_and_on_and_round(self):
        bmc = self.bmc
        first = bmc.pid()
        host = system(bmc)
        self.assertEqual((NAME, GUID, "On"), (host.name, host.uuid, host.power_state.value))
        host.reset_system(sushy.ResetType.FORCE_OFF)
        self.becomes(bmc, "Off")
        self.assertFalse(runs(first))
        error = self.assertRaises(
            sushy.exceptions.HTTPError, host.reset_system, sushy.ResetType.FORCE_RESTART
        )
        self.assertEqual(409, error.status_code)
        host.reset_system(sushy.ResetType.ON)
        self.becomes(bmc, "On")
        second = bmc.pid()
        host.reset_system(sushy.ResetType.FORCE_RESTART)
        while not bmc.alive() or bmc.pid() == second:
            self.assertIsNone(bmc.process.poll())
            time.sleep(0.02)

    def test_polite_actions_are_taken_if_there_is_a_command_for_them(self):
        bmc = self.useFixture(Bmc(redfish=True, shutdown=POLITE))
        system(bmc).reset_system(sushy.ResetType.GRACEFUL_SHUTDOWN)
        self.becomes(bmc, "Off")
        self.assertEqual("polite\n", (bmc.folder / "log").read_text())
        for word in (sushy.ResetType.GRACEFUL_RESTART, sushy.ResetType.NMI):
            error = self.assertRaises(sushy.exceptions.HTTPError, system(bmc).reset_system, word)
            self.assertEqual(400, error.status_code)
            self.assertIn("no such action", str(error))

    @unittest.skipUnless(IPMITOOL, "the program ipmitool is not installed here")
    def test_both_protocols_press_one_switch(self):
        bmc = self.bmc
        bmc.power("off")
        self.becomes(bmc, "Off")
        system(bmc).reset_system(sushy.ResetType.ON)
        self.becomes(bmc, "On")
        self.assertEqual((0, "Chassis Power is on"), bmc.power("status"))

    def test_it_answers_while_a_power_command_runs(self):
        bmc = self.useFixture(Bmc(redfish=True, power_on=SLOW_ON))
        host = system(bmc)
        host.reset_system(sushy.ResetType.FORCE_OFF)
        self.becomes(bmc, "Off")
        started = time.monotonic()
        host.reset_system(sushy.ResetType.ON)
        self.assertEqual("Off", system(bmc).power_state.value)
        self.assertLess(time.monotonic() - started, 3)
        self.becomes(bmc, "On")

    def test_who_may_not_is_not_let_in(self):
        bmc = self.bmc
        error = self.assertRaises(sushy.exceptions.AccessError, system, bmc, "wrong")
        self.assertEqual(401, error.status_code)
        self.assertEqual(401, self.status(bmc, SYSTEM))
        reset = f"{SYSTEM}/Actions/ComputerSystem.Reset"
        self.assertEqual(401, self.status(bmc, reset, data=b'{"ResetType": "ForceOff"}'))
        # The root is open to all, by Redfish's own rules.
        self.assertEqual(200, self.status(bmc, "/redfish/v1/"))
        self.assertTrue(bmc.alive())

    def test_it_is_known_by_its_name_too_and_nobody_else_is_there(self):
        bmc = self.bmc
        client = sushy.Sushy(bmc.url, verify=bmc.authority, username=USER, password=PASSWORD)
        self.assertEqual(GUID, client.get_system(f"/redfish/v1/Systems/{NAME}").uuid)
        everyone = client.get_system_collection().get_members()
        self.assertEqual([GUID], [one.uuid for one in everyone])
        self.assertRaises(
            sushy.exceptions.ResourceNotFoundError, client.get_system, "/redfish/v1/Systems/other"
        )

    def test_a_stranger_who_does_not_trust_the_labs_authority_is_told_so(self):
        bmc = self.bmc
        error = self.assertRaises(urllib.error.URLError, urllib.request.urlopen, bmc.url)
        self.assertIn("CERTIFICATE_VERIFY_FAILED", str(error))

    def test_clients_that_say_nothing_or_nonsense_keep_nobody_waiting(self):
        bmc = self.bmc
        port = int(bmc.url.rpartition(":")[2])
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        silent[0].sendall(b"GET / HTTP/1.0\r\n\r\n")
        started = time.monotonic()
        self.assertEqual("On", system(bmc).power_state.value)
        self.assertLess(time.monotonic() - started, 10)
        for one in silent:
            one.close()

    def test_a_switch_that_does_not_work_is_not_hidden(self):
        bmc = self.useFixture(Bmc(redfish=True, status="exit 1"))
        error = self.assertRaises(sushy.exceptions.ServerSideError, system, bmc)
        self.assertIn("does not know", str(error))

    def test_it_takes_no_secret_with_it(self):
        bmc = Bmc(redfish=True)
        with bmc:
            system(bmc).reset_system(sushy.ResetType.FORCE_OFF)
            self.becomes(bmc, "Off")
            logged = (bmc.folder / "stderr").read_text()
        self.assertEqual(0, bmc.status)
        self.assertNotIn(PASSWORD, logged)
        self.assertNotIn("WARNING: This is a development server", logged)
