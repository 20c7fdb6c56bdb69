# SPDX-License-Identifier: Apache-2.0
"""A guest with a floating IP on a lab, its login, and a writer in it, for trials.

Functions that take a cloud are for `on_lab.OnLab.ask`. As a command (``guests.py ADDRESS
KEY_FILE``), on the runner's side, it lets the guest write numbers, each with an fsync, and prints
each as it is acknowledged.
"""

import io
import sys
import threading
import time
from typing import Any

import paramiko
from on_lab import TrialError, until

SECONDS = 180
NUMBERS = "/root/numbers"

_WRITE = (
    f"n=0; while :; do n=$((n + 1)); echo $n | dd of={NUMBERS} oflag=append conv=notrunc,fsync "
    "2>/dev/null || exit 1; echo $n || exit 0; sleep 0.2; done"
)


def boot(cloud: Any, name: str, host: str, flavor: str) -> dict[str, str]:
    """Boot a guest on a host and return its ``id``, ``address`` and private ``key``."""
    network = cloud.network.find_network("trial") or _network(cloud)
    key = paramiko.ECDSAKey.generate()
    public_key = f"{key.get_name()} {key.get_base64()}"
    cloud.compute.create_keypair(name=name, type="ssh", public_key=public_key)
    private = io.StringIO()
    key.write_private_key(private)
    made = cloud.compute.create_server(
        name=name,
        image_id=cloud.image.find_image("guest").id,
        flavor_id=cloud.compute.find_flavor(flavor).id,
        networks=[{"uuid": network.id}],
        key_name=name,
        host=host,
    )
    cloud.compute.wait_for_server(made, wait=SECONDS)
    (port,) = cloud.network.ports(device_id=made.id)
    for group in port.security_group_ids:
        for protocol in ("tcp", "icmp"):
            if not list(cloud.network.security_group_rules(
                security_group_id=group, protocol=protocol, direction="ingress"
            )):  # fmt: skip
                cloud.network.create_security_group_rule(
                    security_group_id=group, protocol=protocol, direction="ingress"
                )
    public = cloud.network.find_network("public")
    floating = cloud.network.create_ip(floating_network_id=public.id, port_id=port.id)
    guest = {
        "id": made.id,
        "address": floating.floating_ip_address,
        "key": private.getvalue(),
    }
    run(cloud, guest, "true")
    return guest


def _network(cloud: Any) -> Any:
    network = cloud.network.create_network(name="trial")
    subnet = cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.9.0.0/24")
    public = cloud.network.find_network("public")
    router = cloud.network.create_router(
        name="trial", external_gateway_info={"network_id": public.id}
    )
    cloud.network.add_interface_to_router(router, subnet_id=subnet.id)
    return network


def _log_in(address: str, key: str) -> paramiko.SSHClient:
    private = paramiko.ECDSAKey.from_private_key(io.StringIO(key))
    client = paramiko.SSHClient()
    # Made a moment ago, and known to nobody yet.
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())  # noqa: S507
    client.connect(
        address, username="root", pkey=private, timeout=10, banner_timeout=20, auth_timeout=20,
        allow_agent=False, look_for_keys=False,
    )  # fmt: skip
    return client


def run(cloud: Any, guest: dict[str, str], script: str, seconds: float = SECONDS) -> str:
    """Run a script in a guest, once it lets us in, and return what it printed.

    :raises TrialError: it does not let us in within `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            client = _log_in(guest["address"], guest["key"])
            break
        except (paramiko.SSHException, OSError, EOFError) as error:
            if time.monotonic() > end:
                raise TrialError(f"the guest does not let us in: {error}") from error
            time.sleep(1)
    # paramiko waits for some answers for ever, and a guest whose host is off sends none.
    limit = threading.Timer(30, client.close)
    limit.start()
    try:
        _, said, _ = client.exec_command(script)
        return said.read().decode()
    finally:
        limit.cancel()
        client.close()


def start_again(cloud: Any, server: str, host: str) -> int:
    """Start a guest of a host that has lost its power and got it back."""

    def report() -> tuple[str, str]:
        (service,) = cloud.compute.services(binary="nova-compute", host=host)
        return service.state, service.updated_at

    # What is said at first may be from before.
    _, before = report()
    until(
        f"nova-compute of {host} reports",
        SECONDS,
        lambda: report()[0] == "up" and report()[1] != before,
    )
    cloud.compute.reboot_server(server, "HARD")
    until(
        "the server is started anew",
        SECONDS,
        lambda: not cloud.compute.get_server(server).task_state,
    )
    return 0


def service_state(cloud: Any, host: str) -> str:
    """Return what the cloud says of a host's nova-compute: ``up`` or ``down``."""
    (service,) = cloud.compute.services(binary="nova-compute", host=host)
    return str(service.state)


def main(address: str, key_file: str) -> None:
    """Write for ever, and print each number that the guest has acknowledged."""
    with open(key_file, encoding="ascii") as stream:
        client = _log_in(address, stream.read())
    transport = client.get_transport()
    assert transport
    channel = transport.open_session()
    channel.exec_command(_WRITE.encode())
    for line in channel.makefile():
        print(line.strip(), flush=True)
    print(f"ended {channel.recv_exit_status()}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
