# SPDX-License-Identifier: Apache-2.0
"""How a host that died is brought back and given back to the cloud, whatever went before.

The order: power on, compute service reports, source clean-up, forced_down cleared, service
enabled, a last look. The compute service comes before forced_down is cleared: the API refuses
that while evacuation records of the host are still "done". May not know: what the host died of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.inventory import Host
from migration_tests.cloud.data import ARRIVED
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record import words
from migration_tests.record.events import HostBooted, ServiceReported
from migration_tests.stories.base import StoryStop

if TYPE_CHECKING:
    from migration_tests.stories.evacuation import EvacuationStory

COMMAND_SECONDS = 60.0
RETRY_SECONDS = 2.0


class GiveBack:
    """Undoes what a story did to a host.

    :param story: the story, for its observers and its record
    :param host: the host that died
    :param fault: what it died of, able to undo itself
    """

    def __init__(self, story: EvacuationStory, host: Host, fault: PowerOff) -> None:
        self._story = story
        self._host = host
        self._fault = fault
        self._times = story.settings.times

    def do(self) -> None:
        """Do all of it, in order; what fails is recorded as the place where the story stopped.

        A host that is not back is left marked as down: nothing may be scheduled to it.
        """
        story = self._story
        story.begin(words.POWER_ON, f"{self._host.name} is switched on and boots")
        deadline = Deadline.after(self._times.host_boot)
        last_report = self._updated_at(story.watch)
        if not self._power_on(deadline):
            return
        if self._wait_for_service(last_report, deadline):
            self._clean_up()
        self._give_back()
        if story.stopped is None:
            self._look_back()

    def _power_on(self, deadline: Deadline) -> bool:
        story, host = self._story, self._host
        try:
            self._fault.recover(deadline)
        except errors.ChaosError as error:
            story.stop(StoryStop(words.HARNESS, f"{host.name} is not back: {error}"))
            return False
        if self._fault.boot_id_after:
            story.recorder("chaos")(
                HostBooted(
                    host=host.name, moment=words.RECOVERED, boot_id=self._fault.boot_id_after
                )
            )
        else:
            story.inspector.boot_id(host, words.RECOVERED, deadline)
        return True

    def _wait_for_service(self, last_report: str | None, deadline: Deadline) -> bool:
        """Wait for the compute service; while it is forced down only its time stamp tells."""
        story, host = self._story, self._host

        def reports(watch: CloudWatch) -> str | None:
            seen = self._updated_at(watch)
            return seen if seen != last_report else None

        try:
            updated_at = story.watch.wait(reports, deadline)
        except WaitExpiredError:
            reason = f"{host.name} was switched on, but its compute service does not report"
            story.stop(StoryStop(words.CLOUD, reason))
            return False
        story.record(ServiceReported(host=host.name, updated_at=updated_at))
        return True

    def _updated_at(self, watch: CloudWatch) -> str | None:
        service = watch.services.get(self._host.name)
        return service.updated_at if service else None

    def _clean_up(self) -> None:
        story, host = self._story, self._host
        story.begin(words.CLEAN_UP, f"{host.name} cleans up after its evacuated servers")

        def completed(watch: CloudWatch) -> bool:
            return all(
                one.status == "completed"
                for one in watch.migrations.values()
                if one.source == host.name and one.status in ARRIVED
            )

        try:
            story.watch.wait(completed, Deadline.after(self._times.clean_up))
        except WaitExpiredError:
            # No stop: what is left behind is looked at, and the judges name it.
            story.record.note("story.expired", {"awaited": "completed migration records"})

    def _give_back(self) -> None:
        story, host = self._story, self._host
        story.begin(words.GIVE_BACK, f"{host.name} is given back to the cloud")
        deadline = Deadline.after(self._times.settle)
        if story.marked_down:
            try:
                for _ in deadline.ticks(RETRY_SECONDS):
                    if story.ask_service(host.name, "clear_forced_down", forced_down=False):
                        break
            finally:
                story.ask_service(host.name, "enable", status="enabled")

        def usable(watch: CloudWatch) -> bool:
            service = watch.services.get(host.name)
            return service is not None and service.usable

        try:
            story.watch.wait(usable, deadline)
        except WaitExpiredError:
            story.record.note("story.expired", {"awaited": f"{host.name} up and enabled"})

    def _look_back(self) -> None:
        story = self._story
        story.begin(words.LOOK_BACK, "looking at what is left behind and what is where")
        deadline = Deadline.after(self._times.settle + COMMAND_SECONDS)
        subjects = story.cast.subjects
        story.read_disks(subjects, words.RECOVERED, deadline)
        for actor in story.cast.actors:
            story.snapshots.take(actor.server, words.RECOVERED)
        servers = [actor.server for actor in story.cast.actors]
        arrivals = {one.destination for actor in subjects if (one := story.migration(actor))}
        for name in (self._host.name, *sorted(host for host in arrivals if host)):
            if name in story.settings.inventory.names:
                host = story.settings.inventory.host(name)
                story.inspector.look(host, servers, words.RECOVERED, deadline)
