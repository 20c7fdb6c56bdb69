# SPDX-License-Identifier: Apache-2.0
"""A host without a BMC is crashed, and one of its services stays down until it is recovered.

Whoever dies in between: what held the service back is put as it was, and the service runs.
"""

import json
import os
import signal

import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.panic import Panic, why_not
from chaos.journal import Journal, registry
from chaos.power import why_no_crash
from chaos.services import service_control
from chaos.services.unit_hold import path_of
from chaos.tests.unit import cli_app
from chaos.tests.unit.cli_process import CommandCase
from chaos.tests.unit.host_fixture import GUARD, HostFixture
from chaos.tests.unit.service_fixture import UNIT, ServiceHostFixture, skip_without_namespaces
from chaos.tests.unit.simulated.fork_server import fork_server, start
from chaos.transport import HostShell


class HeldCase(testtools.TestCase):
    def machine(self, by="systemd"):
        machine = self.useFixture(ServiceHostFixture(by))
        self.addCleanup(self.end_keepers, machine)
        return machine

    def end_keepers(self, machine):
        for path in (machine.folder / "state").glob("*.keeper"):
            if registry.locked_by_others(path):
                os.kill(int(path.read_text()), signal.SIGKILL)

    def fault(self, machine, **more):
        self.events = []
        self.run_of_it = machine.run()
        return Panic(
            machine.host, hold="compute", run=self.run_of_it, deadline=Deadline.after(90),
            guard=GUARD,
            **{
                "confirm_within": 60.0,
                "on_event": lambda kind, data: self.events.append((kind, data)),
                **more,
            },
        )

    def kinds(self):
        return [kind for kind, _ in self.events if kind != "fault.observation"]

    def refused(self, machine, **more):
        fault = self.fault(machine, **more)
        return str(self.assertRaises(errors.FaultRefused, fault.setUp))


@skip_without_namespaces
class HeldServiceTest(HeldCase):
    def holds_until_it_is_recovered(self, by, before):
        machine = self.machine(by)
        boot_id, pid = machine.boot_id(), machine.pid()
        self.assertNotEqual(0, pid)
        fault = self.fault(machine)
        with fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            says = {one.witness: one.says for one in fault.observations}
            self.assertEqual(
                {"boot_id": "dead", "init_start": "dead", "guests": "absent"}, says
            )
            self.assertNotEqual(boot_id, machine.boot_id())
            self.assertEqual(("", 0), (fault.flaw, machine.pid()))
            (entry,) = self.run_of_it.journal.open_entries()
            self.assertEqual(("release_service", "compute", pid), (
                entry.recovery, entry.data["service"], entry.data["pid"]
            ))  # fmt: skip
        self.assertNotIn(machine.pid(), (0, pid))
        self.assertEqual(machine.pid(), fault.recovered["pid"])
        self.assertTrue(fault.recovered["was_down"])
        self.assertEqual(before, (machine.units(), machine.config.read_text()))
        self.assertEqual((), self.run_of_it.journal.open_entries())

    def test_a_unit_does_not_start_at_the_boot_and_is_as_before_at_the_end(self):
        always = '{"RestartPolicy": {"Name": "always", "Count": 0}}\n'
        self.holds_until_it_is_recovered("systemd", ("", always))

    def test_a_container_does_not_start_at_the_boot_and_has_its_policy_again(self):
        always = '{"RestartPolicy": {"Name": "always", "Count": 0}}\n'
        self.holds_until_it_is_recovered("docker", ("", always))

    def test_it_is_written_down_then_held_and_only_then_is_the_host_crashed(self):
        machine = self.machine()
        seen = {}

        def look(kind, data):
            self.events.append((kind, data))
            if kind == "fault.journalled":
                seen["journalled"] = machine.units()
            if kind == "fault.held":
                seen["held"] = machine.units(), machine.pid(), machine.boot_id()

        boot_id, pid = machine.boot_id(), machine.pid()
        with self.fault(machine, on_event=look):
            self.assertEqual(
                ["fault.journalled", "fault.held", "fault.injecting", "fault.service_held"],
                self.kinds()[:4],
            )
        self.assertEqual("", seen["journalled"])
        units, *alive = seen["held"]
        self.assertIn(path_of(UNIT), units)
        self.assertEqual([pid, boot_id], alive)

    def test_what_somebody_else_has_put_beside_it_stays(self):
        machine = self.machine()
        other = f"/etc/systemd/system/{UNIT}.d/limits.conf"
        machine.execute(f"mkdir -p {os.path.dirname(other)}; echo '[Service]' > {other}")
        before = machine.units()
        with self.fault(machine) as fault:
            self.assertEqual("", fault.flaw)
            self.assertIn(path_of(UNIT), machine.units())
        self.assertEqual(before, machine.units())

    def test_a_hold_that_is_lost_at_the_boot_is_said(self):
        machine = self.machine()
        machine.flag("purges")
        with self.fault(machine) as fault:
            self.assertEqual("injected", fault.verdict)
            self.assertIn("compute service of compute1 does not stay down: /etc/", fault.flaw)
            (held,) = [data for kind, data in self.events if kind == "fault.service_held"]
            self.assertEqual((False, fault.flaw), (held["held"], held["detail"]))
        self.assertNotEqual(0, machine.pid())
        self.assertEqual((), self.run_of_it.journal.open_entries())

    def test_a_guest_that_runs_after_the_boot_leaves_the_death_unproved(self):
        machine = self.machine()
        machine.flag("guest-at-boot")
        with self.fault(machine, confirm_within=6.0) as fault:
            self.assertEqual("unknown", fault.verdict)
            (guests,) = [one for one in fault.observations if one.witness == "guests"]
            self.assertEqual(("present", "1 process(es) of QEMU run"), (
                guests.says, guests.detail
            ))  # fmt: skip

    def test_one_that_cannot_be_held_is_refused_and_nothing_is_left(self):
        machine = self.machine()
        machine.execute("systemctl stop")
        self.assertIn("does not run (unit nova-compute.service): start it", self.refused(machine))
        self.assertEqual(("", ()), (machine.units(), self.run_of_it.journal.entries()))

    def test_one_that_is_held_back_already_is_refused(self):
        machine = self.machine()
        path = path_of(UNIT)
        machine.execute(f"mkdir -p {os.path.dirname(path)}; touch {path}")
        self.assertIn(f"is held back already, by {path}", self.refused(machine))

    def test_an_engine_that_cannot_change_the_policy_is_refused(self):
        machine = self.machine("docker")
        (machine.tools / "help").write_text("--memory bytes\n")
        said = self.refused(machine)
        self.assertIn("cannot change the restart policy of the container nova_compute", said)
        self.assertIn("5.1", said)

    def test_a_hold_that_systemd_takes_no_notice_of_is_undone_and_the_host_not_crashed(self):
        machine = self.machine()
        systemctl = machine.tools / "bin" / "systemctl"
        systemctl.write_text(systemctl.read_text().replace("daemon-reload)", "never)"))
        boot_id, pid = machine.boot_id(), machine.pid()
        said = self.refused(machine)
        self.assertIn("systemd takes no notice of", said)
        self.assertEqual((boot_id, pid, ""), (machine.boot_id(), machine.pid(), machine.units()))
        self.assertEqual((), self.run_of_it.journal.open_entries())

    def test_a_limit_of_restarts_is_put_back_too(self):
        machine = self.machine("docker")
        machine.set_policy("on-failure", 5)
        before = machine.config.read_text()
        with HostShell(machine.host) as shell:
            control, soon = service_control(machine.host, "compute", shell), Deadline.after(30)
            found = control.before_hold(soon)
            control.hold(found, soon)
            self.assertEqual("", control.why_not_held(found, soon))
            self.assertNotEqual(before, machine.config.read_text())
            control.release(found, soon)
            self.assertIn("is on-failure:5", control.why_not_held(found, soon))
        self.assertEqual(before, machine.config.read_text())

    def test_a_host_that_stays_away_is_told_with_what_to_do_and_its_entry_stays_open(self):
        machine = self.machine()
        fault = self.fault(machine)
        fault.setUp()
        fault._clear_cleanups()
        lost = self.assertRaises(errors.NotRecovered, self.recover_elsewhere, machine, fault)
        self.assertIn("compute1 did not come back; its compute service is held back", lost.found)
        self.assertIn("it was to restart by itself and nothing here can switch it", str(lost))
        self.assertIn(f"rm {path_of(UNIT)} && systemctl start {UNIT}", str(lost))
        (entry,) = self.run_of_it.journal.open_entries()
        self.assertEqual("recovering", entry.last)

    def recover_elsewhere(self, machine, fault):
        """Recover with nobody at the host's address."""
        fault.host = machine.write(ssh={"port": 1})
        fault.recover(Deadline.after(2))

    def test_hosts_check_says_whether_it_could_be_crashed(self):
        machine = self.machine()

        def crash():
            _, out, _ = cli_app.run(machine.folder, "hosts", "check", "--json")
            (row,) = json.loads(out)["hosts"]
            return row["restarts_by_itself"], row["crash"]

        self.assertEqual((True, ""), crash())
        path = path_of(UNIT)
        machine.execute(f"mkdir -p {os.path.dirname(path)}; touch {path}")
        self.assertIn("is held back already", crash()[1])
        machine.write(restarts_by_itself=False)
        self.assertEqual((False, why_no_crash(machine.write(restarts_by_itself=False))), crash())

    # --- who dies in between -------------------------------------------------------------------

    def dies(self, machine, phase, keeper=True):
        config = {"folder": str(machine.folder), "keeper": keeper, "die_at": phase}
        config["hold"] = "compute"
        return start(fork_server(), "runner", config).wait()

    def open_entries(self, machine):
        return Journal(machine.folder / "state" / "run.jsonl").open_entries()

    def wait(self, what, look, seconds=60):
        for _ in Deadline.after(seconds).ticks(0.05):
            if look():
                return
        self.fail(f"not within {seconds} s: {what}")

    def is_whole(self, machine):
        self.wait("nothing is open", lambda: not self.open_entries(machine))
        self.assertNotEqual(0, machine.pid())
        self.assertEqual("", machine.units())

    def test_a_runner_killed_between_hold_and_crash_leaves_nothing_held(self):
        machine = self.machine()
        boot_id, pid = machine.boot_id(), machine.pid()
        self.assertIn("fault.held", self.dies(machine, "fault.held"))
        self.is_whole(machine)
        self.assertEqual((boot_id, pid), (machine.boot_id(), machine.pid()))

    def test_a_runner_killed_after_the_crash_has_its_keeper_release_the_service(self):
        for by in ("systemd", "docker"):
            machine = self.machine(by)
            boot_id, pid = machine.boot_id(), machine.pid()
            self.assertIn("fault.injected", self.dies(machine, "fault.injected"))
            self.is_whole(machine)
            self.assertNotEqual(boot_id, machine.boot_id())
            self.assertNotEqual(pid, machine.pid())

    def test_runner_and_keeper_dead_recover_by_hand_releases_it(self):
        machine = self.machine()
        self.dies(machine, "fault.injected", keeper=False)
        self.assertEqual(0, machine.pid())
        self.assertIn(path_of(UNIT), machine.units())
        words = ("recover", "--hosts", "hosts.yaml", "--state", "state", "--json")
        status, out, err = cli_app.run(machine.folder, *words)
        self.assertEqual(0, status, (out, err))
        (row,) = json.loads(out)["entries"]
        self.assertEqual(("panic", True), (row["fault"], row["recovered"]))
        self.is_whole(machine)


@skip_without_namespaces
class CommandTest(CommandCase):
    def make_machine(self):
        return self.useFixture(ServiceHostFixture())

    def test_says_what_was_not_as_it_was_to_be(self):
        self.machine.flag("purges")
        words = ("inject", "panic", "compute1", "--hold", "compute", "--for", "0.1s", "--json")
        status, out, err = self.command(*words)
        document = json.loads(out)
        self.assertIn("verdict", document, (out, err))
        self.assertEqual(("injected", True), (document["verdict"], document["recovered"]), err)
        self.assertIn("does not stay down", document["flaw"])
        self.assertEqual(1, status)


class WhyNotTest(testtools.TestCase):
    """By the hosts file alone: no such host is asked."""

    def host(self, **changes):
        machine = self.useFixture(HostFixture(driver=""))
        return machine.write(services={"compute": UNIT}, **changes)

    def test_a_host_that_says_nothing_of_its_return_may_not_be_crashed_without_a_bmc(self):
        reason = why_not(self.host(), "compute")
        self.assertIn("compute1 has no bmc in the hosts file, which does not say either", reason)
        self.assertIn("restarts_by_itself: true if it does.", reason)
        self.assertIn("does not say", why_not(self.host(restarts_by_itself=False)))
        self.assertEqual("", why_not(self.host(restarts_by_itself=True), "compute"))

    def test_one_with_a_bmc_need_not_say_it(self):
        commands = {f"power_{word}": ["true"] for word in ("on", "off", "status")}
        self.assertEqual("", why_no_crash(self.host(bmc={"driver": "command", **commands})))

    def test_a_login_that_is_not_roots_cannot_crash_it(self):
        reason = why_not(self.host(restarts_by_itself=True, ssh={"user": "stack"}))
        self.assertIn("cannot be crashed over SSH: the login stack is not root's", reason)

    def test_a_plain_process_cannot_be_held(self):
        process = {"name": "/usr/bin/nova-compute", "driver": "process"}
        machine = self.useFixture(HostFixture(driver=""))
        host = machine.write(restarts_by_itself=True, services={"compute": process})
        self.assertEqual("", why_not(host))
        self.assertIn("nobody knows what starts it at boot", why_not(host, "compute"))

    def test_the_fault_says_it_before_it_logs_in(self):
        machine = self.useFixture(HostFixture(driver=""))
        fault = Panic(
            machine.host, run=machine.run(), deadline=Deadline.after(30), guard=GUARD
        )
        refused = self.assertRaises(errors.FaultRefused, fault.setUp)
        self.assertEqual((why_no_crash(machine.host),), refused.reasons)
