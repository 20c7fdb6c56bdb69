# SPDX-License-Identifier: Apache-2.0
"""What is filled in is looked at until it is there, and no service is asked before it listens."""

import contextlib
import io
import types
import unittest

from lab.cloud import compute, volumes


class CloudInMemory:
    """Nova's aggregates and Placement's copy, which fails to be made now and then.

    :param failures: how many of the first memberships Placement does not take over.
    """

    def __init__(self, names, failures=0):
        self.nova = {name: [] for name in names}
        self.copy = set()
        self.failures = failures
        self.compute = self
        self.placement = self

    def aggregates(self):
        return [
            types.SimpleNamespace(name=name, uuid=f"uuid-{name}", hosts=list(hosts))
            for name, hosts in self.nova.items()
        ]

    def add_host_to_aggregate(self, aggregate, host):
        self.nova[aggregate.name].append(host)
        if self.failures:
            self.failures -= 1
        else:
            self.copy.add((host, aggregate.uuid))

    def remove_host_from_aggregate(self, aggregate, host):
        self.nova[aggregate.name].remove(host)
        self.copy.discard((host, aggregate.uuid))

    def resource_providers(self):
        return [types.SimpleNamespace(name=name) for name in ("compute1", "compute2")]

    def fetch_resource_provider_aggregates(self, provider):
        found = [uuid for host, uuid in self.copy if host == provider.name]
        return types.SimpleNamespace(aggregates=found)


class PlaceHostsTest(unittest.TestCase):
    MEMBERS = {"az1": ["compute1", "compute2"], "storage-shared": ["compute1"]}  # noqa: RUF012

    def steps(self, cloud):
        count = 0
        while compute.place_hosts(cloud, self.MEMBERS):
            count += 1
            self.assertLess(count, 10)
        return count

    def test_what_is_not_so_is_named_and_done_once(self):
        cloud = CloudInMemory(self.MEMBERS)
        said = compute.place_hosts(cloud, self.MEMBERS)
        self.assertIn("compute2 is not in az1", said)
        self.assertEqual("", compute.place_hosts(cloud, self.MEMBERS))
        self.assertEqual(self.MEMBERS, cloud.nova)

    def test_a_membership_that_placement_missed_is_made_anew(self):
        cloud = CloudInMemory(self.MEMBERS, failures=2)
        self.assertGreater(self.steps(cloud), 1)
        self.assertEqual(
            {
                ("compute1", "uuid-az1"),
                ("compute2", "uuid-az1"),
                ("compute1", "uuid-storage-shared"),
            },
            cloud.copy,
        )
        self.assertEqual({"compute1", "compute2"}, set(cloud.nova["az1"]))


class VolumeTypesInMemory:
    """Cinder's volume types, those of a fresh lab."""

    def __init__(self):
        self.there = {"__DEFAULT__": {}, "rbd": {"volume_backend_name": "rbd"}}
        self.block_storage = self

    def types(self):
        return [
            types.SimpleNamespace(name=name, id=f"id-{name}", extra_specs=specs)
            for name, specs in self.there.items()
        ]

    def create_type(self, name, extra_specs):
        self.there[name] = extra_specs

    def delete_type(self, identity):
        del self.there[identity.removeprefix("id-")]


class VolumeTypesTest(unittest.TestCase):
    def made(self, *names):
        cloud = VolumeTypesInMemory()
        with contextlib.redirect_stderr(io.StringIO()):
            for _ in range(2):
                volumes.make_volume_types(cloud, list(names))
        return cloud.there

    def test_each_backend_gets_a_type_that_leads_to_it(self):
        found = self.made("rbd", "rbd2")
        self.assertEqual({"volume_backend_name": "rbd2"}, found["rbd2"])
        self.assertEqual({"__DEFAULT__", "rbd", "rbd2"}, set(found))

    def test_a_type_without_a_backend_does_not_stay(self):
        self.assertEqual({"__DEFAULT__", "rbd2"}, set(self.made("rbd2")))


class VolumeServicesInMemory:
    """Cinder's services, which enter themselves at 1 and report from 2 on."""

    def __init__(self):
        self.time = 1
        self.asked = []
        self.block_storage = self

    def services(self):
        return [
            types.SimpleNamespace(binary=binary, state="up", updated_at=str(self.time))
            for binary in ("cinder-scheduler", "cinder-volume")
        ]

    def backend_pools(self):
        self.asked.append(self.time)
        return [types.SimpleNamespace(name="control@rbd#pool")] if self.time > 2 else []


class VolumeServicesTest(unittest.TestCase):
    def test_the_scheduler_is_asked_for_pools_once_it_has_reported_and_no_sooner(self):
        cloud = VolumeServicesInMemory()
        look = volumes.VolumeServices(cloud, ["rbd"]).look
        said = [look(), look()]
        for cloud.time in (2, 3):
            said.append(look())
        silent = "cinder-scheduler, cinder-volume has not reported yet"
        self.assertEqual([silent] * 2, said[:2])
        self.assertEqual(["the scheduler knows of no pool of rbd yet", ""], said[2:])
        self.assertEqual([2, 3], cloud.asked)


if __name__ == "__main__":
    unittest.main()
