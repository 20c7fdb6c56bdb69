# SPDX-License-Identifier: Apache-2.0
"""Open vSwitch, OVN and Neutron as rendered text; nothing here runs a daemon."""

import configparser
import tempfile
import unittest
import uuid
from pathlib import Path

from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.services import metadata_agent, neutron, ovn_central, ovn_host, ovs


def read_ini(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.read_string(text)
    return parser


class NetworkParts(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.plan = make_plan("test", Choices(hosts=4), Path(folder.name) / "secrets")

    def files(self, part, host: str) -> dict[str, str]:
        rendered = part.render(self.plan, self.plan.host(host))
        return {file.path: str(file.content) for file in rendered.files}

    def setup_script(self, host: str) -> str:
        return self.files(ovs, host)["/usr/local/lib/lab/ovs-setup"]

    def test_every_host_is_a_chassis_of_its_own(self) -> None:
        ids = {ovs.system_id(self.plan, host) for host in self.plan.hosts}
        self.assertEqual(5, len(ids))
        for host in self.plan.hosts:
            uuid.UUID(ovs.system_id(self.plan, host))
            script = self.setup_script(host.name)
            self.assertIn(f"external_ids:system-id={ovs.system_id(self.plan, host)}", script)
            self.assertIn(f"external_ids:hostname={host.name} ", script)
            self.assertIn(f"external_ids:ovn-encap-ip={host.tunnel} ", script)
            self.assertIn(f"ip address replace {host.tunnel}/24 dev br-tun", script)

    def test_a_chassis_is_the_same_in_a_second_rendering(self) -> None:
        host = self.plan.host("compute1")
        self.assertEqual(ovs.render(self.plan, host), ovs.render(self.plan, host))

    def test_only_the_controller_is_a_gateway_and_touches_the_provider_network(self) -> None:
        for host in self.plan.hosts:
            script = self.setup_script(host.name)
            for word in ("enable-chassis-as-gw", "physnet1:br-phys", "eth3"):
                self.assertEqual(host.role == "control", word in script, (host.name, word))

    def test_no_bridge_needs_a_kernel_module(self) -> None:
        for host in self.plan.hosts:
            script = self.setup_script(host.name)
            made = script.count("--may-exist add-br")
            self.assertEqual(made, script.count("datapath_type=netdev "))
            self.assertIn("ovn-bridge-datapath-type=netdev", script)
            for path, text in self.files(ovs, host.name).items():
                self.assertNotIn("ovs-ctl", text, path)
                self.assertNotIn("modprobe", text, path)

    def test_the_central_databases_stand_on_the_controller_only(self) -> None:
        self.assertEqual(3, len(self.files(ovn_central, "control")))
        self.assertEqual({}, self.files(ovn_central, "compute1"))
        north = self.files(ovn_central, "control")[
            "/etc/systemd/system/ovn-ovsdb-server-nb.service.d/lab.conf"
        ]
        self.assertIn("set-connection ptcp:6641:172.30.1.10", north)
        self.assertIn("db:OVN_Northbound,NB_Global,connections", north)
        self.assertEqual("tcp:172.30.1.10:6642", ovn_central.southbound(self.plan))

    def test_every_host_runs_ovn_controller_after_its_bridges(self) -> None:
        for host in self.plan.hosts:
            (text,) = self.files(ovn_host, host.name).values()
            self.assertIn(f"After={ovs.SETUP_UNIT}", text)

    def test_neutron_finds_both_databases_and_tells_nova_of_ports(self) -> None:
        settings = read_ini(self.files(neutron, "control")[neutron.CONFIG])
        self.assertEqual("tcp:172.30.1.10:6641", settings["ovn"]["ovn_nb_connection"])
        self.assertEqual("tcp:172.30.1.10:6642", settings["ovn"]["ovn_sb_connection"])
        self.assertEqual("true", settings["DEFAULT"]["notify_nova_on_port_status_changes"])
        self.assertEqual("nova", settings["nova"]["username"])
        self.assertEqual("38", settings["ml2_type_geneve"]["max_header_size"])
        self.assertEqual({}, self.files(neutron, "compute1"))

    def test_secrets_are_for_the_owner_only(self) -> None:
        for part in (neutron, metadata_agent):
            for host in self.plan.hosts:
                for file in part.render(self.plan, host).files:
                    if any(
                        self.plan.secrets[name] in str(file.content)
                        for name in ("keystone-neutron", "keystone-nova", "rabbit", "metadata")
                    ):
                        self.assertEqual(0o600, file.mode, file.path)

    def test_the_agent_of_a_compute_host_shares_its_secret_with_nova(self) -> None:
        settings = read_ini(self.files(metadata_agent, "compute3")[metadata_agent.CONFIG])
        self.assertEqual(
            self.plan.secrets["metadata"], settings["DEFAULT"]["metadata_proxy_shared_secret"]
        )
        self.assertEqual("metadata", settings["agent"]["extensions"])
        self.assertEqual({}, self.files(metadata_agent, "control"))

    def test_nothing_asks_for_sudo(self) -> None:
        settings = read_ini(self.files(metadata_agent, "compute3")[metadata_agent.CONFIG])
        self.assertEqual("", settings["AGENT"]["root_helper"])
        self.assertTrue(settings["privsep"]["helper_command"].endswith("/privsep-helper"))
