# SPDX-License-Identifier: Apache-2.0
"""Reads records of before scenarios were composed of steps: their lines, in today's words.

Such records know one course only: a host loses its power and its servers are evacuated. What
today's record says outright (the plan, what is expected of each server) is filled in from that.
Pure. May not know: judges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from migration_tests.record import words

Raw = dict[str, Any]

_MOMENTS = {
    "before": words.BEFORE,
    "evacuated": words.MOVED,
    "started": words.RUNNING,
    "recovered": words.RETURNED,
}

# Phase of then: step of today, what it was doing, whether it could be interrupted, whether it was
# a part of the recovery, and what it put on the record.
_PHASES: dict[str, tuple[str, str, bool, bool, tuple[str, ...]]] = {
    "prepare": ("boot", "preparing the servers", True, False, ("server.ssh:before",)),
    "write": (
        "start_writers",
        "getting the servers to write",
        True,
        False,
        (
            "disk.read:before",
            "writer.started",
            "writer.acknowledged",
            "probe.report",
            "server.snapshot:before",
            "volume.snapshot:before",
            "allocation.snapshot:before",
            "host.booted:before",
            "host.inspected:before",
        ),
    ),
    "kill": (
        "inject",
        "cutting the host off",
        False,
        False,
        ("disturbance.started", "writer.ended"),
    ),
    "service_down": (
        "mark_down",
        "waiting for the cloud to see the host down",
        True,
        False,
        ("service.request",),
    ),
    "evacuate": (
        "evacuate",
        "evacuating the servers",
        True,
        False,
        (
            "move.requested",
            "server.action",
            "server.snapshot:moved",
            "volume.snapshot:moved",
            "allocation.snapshot:moved",
        ),
    ),
    "start": ("start_stopped", "starting the evacuated servers", True, False, ("server.request",)),
    "check": (
        "reconnect",
        "looking at the evacuated servers",
        True,
        False,
        (
            "server.ssh:running",
            "disk.read:running",
            "data.read:running",
            "writer.resumed",
            "server.snapshot:running",
            "volume.snapshot:running",
            "allocation.snapshot:running",
        ),
    ),
    "power_on": (
        "power_on",
        "bringing the host back",
        False,
        True,
        ("host.booted:returned", "service.reported"),
    ),
    "clean_up": ("await_clean_up", "waiting for the host to clean up", False, True, ()),
    "give_back": (
        "give_back",
        "giving the host back to the cloud",
        False,
        True,
        (),
    ),
    "look_back": (
        "inspect_hosts",
        "looking at what is left behind",
        False,
        True,
        (
            "disk.read:returned",
            "data.read:returned",
            "server.snapshot:returned",
            "volume.snapshot:returned",
            "allocation.snapshot:returned",
            "host.inspected:returned",
        ),
    ),
}

_WATCHED = ["server.seen", "port.seen", "service.seen", "migration.seen"]

# What was expected of every server that was evacuated; Nova left it stopped, and it was started.
_EVACUATED = {
    "move": words.EVACUATION,
    "end": words.STOPPED,
    "memory": words.LOST,
    "place": words.ANOTHER_HOST,
}


def is_earlier(raw: Any) -> bool:
    """Return whether a line is one of an earlier record."""
    return isinstance(raw, dict) and "story" in raw and "scenario" not in raw


def today(raw: Raw) -> list[Raw]:
    """Return what a line of an earlier record would be today: one line, for some two.

    :raises KeyError, TypeError, ValueError: when it is no line of an earlier record either
    """
    line = {key: value for key, value in raw.items() if key != "story"}
    line["scenario"] = raw["story"]
    convert = _KINDS.get(raw["kind"])
    if convert is None:
        line["data"] = _with_moment(raw["data"])
        return [line]
    return [{**line, "kind": kind, "data": data} for kind, data in convert(dict(raw["data"]))]


Converted = list[tuple[str, Raw]]


def _with_moment(data: Raw) -> Raw:
    if data.get("moment") in _MOMENTS:
        return {**data, "moment": _MOMENTS[data["moment"]]}
    return data


def _plan(title: str, sources: list[str]) -> tuple[str, Raw]:
    phases = [
        {
            "name": step,
            "step": step,
            "doing": doing,
            "interruptible": interruptible,
            "recovery": recovery,
            "produces": list(produces),
        }
        for step, doing, interruptible, recovery, produces in _PHASES.values()
    ]
    plan = {
        "title": title,
        "phases": phases,
        "servers": [],
        "sources": sources,
        "watched": _WATCHED,
    }
    return "scenario.planned", plan


def _started(data: Raw) -> Converted:
    return [_plan(data["title"], [data["host"]] if data.get("host") else [])]


def _phase(data: Raw) -> Converted:
    name = data["phase"]
    step = _PHASES[name][0] if name in _PHASES else name
    begun = ("scenario.phase", {"phase": step, "title": data["title"]})
    # The plan was not known before the first servers were placed.
    return [_plan("", []), begun] if name == "prepare" else [begun]


def _stopped(data: Raw) -> Converted:
    name = data["phase"]
    step = _PHASES[name][0] if name in _PHASES else name
    return [("scenario.stopped", {**data, "phase": step})]


def _introduced(data: Raw) -> Converted:
    expected = []
    if data.get("role", words.SUBJECT) == words.SUBJECT:
        kept = words.PRISTINE if data["storage"] == words.EPHEMERAL else words.KEPT
        expected.append({**_EVACUATED, "data": kept})
    return [("server.introduced", {**data, "expected": expected})]


def _request(data: Raw) -> Converted:
    if data["request"] != "evacuate":
        return [("server.request", data)]
    move = {key: value for key, value in data.items() if key != "request"}
    return [("move.requested", {**move, "move": words.EVACUATION})]


def _killed(data: Raw) -> Converted:
    return [("disturbance.started", {**data, "fault": "power_off", "driver": data["via"]})]


def _inspected(data: Raw) -> Converted:
    domains = data["domains"]
    if domains is not None:
        domains = [{"server": domain, "state": None} for domain in domains]
    return [("host.inspected", {**_with_moment(data), "domains": domains})]


def _snapshot(data: Raw) -> Converted:
    ports = data["ports"]
    # With one port only there is no doubt where a floating IP leads to.
    port = ports[0]["port"] if len(ports) == 1 else None
    floating = [{"address": address, "port": port} for address in data["floating_ips"]]
    return [("server.snapshot", {**_with_moment(data), "floating_ips": floating})]


def _asked(data: Raw) -> Converted:
    return [("tests.planned", {"tests": [[data["judge"], data["test"], data["uuid"]]]})]


def _error(data: Raw) -> Converted:
    lost = ["disturbance.started" if kind == "host.killed" else kind for kind in data["lost"]]
    return [("harness.error", {**data, "lost": lost})]


def _expired(data: Raw) -> Converted:
    found = {"awaited": data["awaited"], "phase": "", "seconds": data.get("seconds")}
    return [("wait.expired", found)]


_KINDS: dict[str, Callable[[Raw], Converted]] = {
    "story.started": _started,
    "story.phase": _phase,
    "story.skipped": lambda data: [("scenario.skipped", data)],
    "story.stopped": _stopped,
    "story.finished": lambda data: [("scenario.finished", data)],
    "story.expired": _expired,
    "server.introduced": _introduced,
    "server.request": _request,
    "server.snapshot": _snapshot,
    "host.killed": _killed,
    "host.inspected": _inspected,
    "test.asked": _asked,
    "harness.error": _error,
}
