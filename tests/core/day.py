"""A day on which anything may happen to the box: what callers, agents, supervisors, administrators, workers and time do.

Each step is one thing that may happen, with what it may happen to. Who does them in which order is up to the tests.
"""

import sys
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from appliance.core import commands as cmd
from appliance.core import events as ev
from appliance.core.engine import Engine
from appliance.core.ids import AgentId, ContactId, CustomerId, ExtensionNumber, LegId, QueueId, TrunkId, WorkerId
from tests.core.box import STEPS, Box, step
from tests.core.edge import EdgeLeg
from tests.core.sites import AGENTS, DIALLED, INBOUND, PHONES, QUEUES, SITES

WORKERS = (WorkerId("media1"), WorkerId("media2"))

HANDED_TO = (*PHONES, *DIALLED, *(f"queue:{queue}" for queue in QUEUES), "queue:no")
"""Where phones and panels transfer to."""

PICK = range(12)
"""Which of the things there are: modulo their number, so that it shrinks well."""


class Day(Box):
    """A day on which anything may happen."""

    # --- setting up ---

    @initialize(site=st.integers(0, len(SITES) - 1), slow=st.booleans(), ready=st.sampled_from([4, 4, 2, 0]))
    def begin(self, site: int, slow: bool, ready: int) -> None:
        self.slow = slow
        self.tell(ev.DirectoryChanged(directory=SITES[site]))
        for worker in WORKERS:
            self.edge.start(worker)
            self.tell(ev.WorkerJoined(worker=worker))
        self.tell(ev.DayBegan(day="2027-01-15"))
        for phone in PHONES:
            self.tell(ev.ExtensionRegistered(extension=phone))
        for agent in AGENTS[:ready]:
            self.tell(cmd.LogIn(by=agent, agent=agent))
            self.tell(cmd.GetReady(by=agent, agent=agent))

    # --- who is where ---

    def some_leg(self, at: int, *states: str) -> EdgeLeg | None:
        """A living leg in one of these states."""
        legs = [leg for leg in self.edge.legs.values() if leg.state in states]
        return legs[at % len(legs)] if legs else None

    def some_agent(self, at: int, *states: str) -> AgentId:
        """Mostly one who is in one of these states."""
        agents = [agent.id for agent in self.engine.state.agents.values() if agent.shown in states]
        return agents[at % len(agents)] if agents and at < 10 else AGENTS[at % len(AGENTS)]

    def some_contact(self, agent: AgentId, at: int) -> ContactId:
        """Mostly the agent's own."""
        shift = self.engine.state.agents.get(agent)
        if at % 4 and shift is not None and shift.contact:
            return shift.contact
        contacts = [*self.engine.state.contacts, ContactId("c1")]
        return contacts[at % len(contacts)]

    # --- calls ---

    @step(12, to=INBOUND, number=["0722000001", "", "anonymous"], at=PICK)
    def call_comes_in(self, to: str, number: str, at: int) -> None:
        workers = self.edge.workers()
        if workers:
            worker = workers[at % len(workers)]
            leg = self.edge.arrive(worker)
            self.tell(
                ev.LegIncoming(
                    leg=leg, worker=worker, source="trunk", trunk=TrunkId("main"), from_number=number, to_number=to
                )
            )
            self.edge_turn()

    @step(phone=PHONES, to=DIALLED, at=PICK)
    def phone_dials(self, phone: ExtensionNumber, to: str, at: int) -> None:
        workers = self.edge.workers()
        if workers:
            worker = self.edge.held.get(phone, workers[at % len(workers)])
            if worker not in workers:
                return
            leg = self.edge.arrive(worker, phone)
            self.tell(
                ev.LegIncoming(
                    leg=leg, worker=worker, source="extension", extension=phone, from_number=phone, to_number=to
                )
            )
            self.edge_turn()

    @step(at=PICK)
    def phone_rings(self, at: int) -> None:
        if leg := self.some_leg(at, "dialing"):
            self.tell_all(self.edge.ring(leg.id))
            self.edge_turn()

    @step(12, at=PICK)
    def phone_is_answered(self, at: int) -> None:
        if leg := self.some_leg(at, "dialing", "ringing"):
            self.tell_all(self.edge.pick_up(leg.id))
            self.edge_turn()

    @step(8, at=PICK)
    def everybody_answers(self, at: int) -> None:
        for leg in [leg for leg in self.edge.legs.values() if leg.state in {"dialing", "ringing"}]:
            if leg.id in self.edge.legs:
                self.tell_all(self.edge.pick_up(leg.id))
                self.edge_turn()
        for leg in list(self.edge.legs.values()):
            if leg.playback and not leg.loops and leg.id in self.edge.legs:
                self.tell_all(self.edge.finish_playback(leg.id))
                self.edge_turn()

    @step(
        8,
        at=PICK,
        code=[486, 480, 408, 404, 503, 603, 487, 500],
        cause=["", "not-registered"],
    )
    def phone_refuses(self, at: int, code: int, cause: str) -> None:
        if leg := self.some_leg(at, "dialing", "ringing"):
            self.tell_all(self.edge.end(leg.id, code, "far", cause))
            self.edge_turn()

    @step(8, at=PICK, lost=[False, False, False, True])
    def somebody_hangs_up(self, at: int, lost: bool) -> None:
        if leg := self.some_leg(at, "incoming", "up"):
            code = 200 if leg.state == "up" else 487
            self.tell_all(
                self.edge.end(leg.id, 408, "lost", "media-timeout") if lost else self.edge.end(leg.id, code, "far")
            )
            self.edge_turn()

    @step(12, at=PICK, failed=["", "", "", "The file is missing."])
    def prompt_ends(self, at: int, failed: str) -> None:
        legs = [leg for leg in self.edge.legs.values() if leg.playback and (failed or not leg.loops)]
        if legs:
            self.tell_all(self.edge.finish_playback(legs[at % len(legs)].id, failed))
            self.edge_turn()

    @step(at=PICK, digit="0123456789*#A")
    def key_is_pressed(self, at: int, digit: str) -> None:
        if leg := self.some_leg(at, "incoming", "up"):
            self.tell(ev.DtmfReceived(leg=leg.id, digit=digit))
            self.edge_turn()

    @step(10, at=PICK, keys=["1", "2", "212", "3", "0", "5"])
    def caller_uses_the_menu(self, at: int, keys: str) -> None:
        """Keys for callers that are in a flow."""
        stages = {contact.caller: contact.stage for contact in self.engine.state.contacts.values()}
        legs = [leg for leg in self.edge.legs if stages.get(leg) in {"flow", "survey"}]
        for digit in keys if legs else "":
            self.tell(ev.DtmfReceived(leg=legs[at % len(legs)], digit=digit))
            self.edge_turn()

    @step(at=PICK, on=[False, True])
    def phone_holds(self, at: int, on: bool) -> None:
        if leg := self.some_leg(at, "up"):
            self.tell(ev.LegHeld(leg=leg.id) if on else ev.LegResumed(leg=leg.id))
            self.edge_turn()

    @step(10, at=PICK, other=PICK, how=["blind", "replaces", "unknown"], to=HANDED_TO)
    def phone_transfers(self, at: int, other: int, how: str, to: str) -> None:
        leg = self.some_leg(at, "up")
        if leg is None:
            return
        second: LegId | None = None
        if how == "replaces":
            there = [each for each in self.edge.legs.values() if each.worker == leg.worker and each is not leg]
            same = [each for each in there if each.extension == leg.extension] or there
            if not same:
                return
            second = same[other % len(same)].id
        self.tell(ev.TransferRequested(leg=leg.id, target=to, replaces=second, replaces_unknown=how == "unknown"))
        self.edge_turn()

    @step(at=PICK, known=range(3), found=[False, True])
    def look_up_is_answered(self, at: int, known: int, found: bool) -> None:
        if self.edge.asked:
            customers = tuple(ev.Customer(id=CustomerId(n), name=f"Customer {n}", language="en") for n in range(known))
            self.tell_all(self.edge.answer_lookup(at % len(self.edge.asked), customers, found))
            self.edge_turn()

    # --- orders of people ---

    @step(8, agent=AGENTS)
    def agent_is_ready(self, agent: AgentId) -> None:
        self.tell(cmd.LogIn(by=agent, agent=agent))
        self.tell(cmd.GetReady(by=agent, agent=agent))
        self.edge_turn()

    @step(agent=AGENTS, what=["pause", "ready", "log_in", "log_out"])
    def agent_changes(self, agent: AgentId, what: str) -> None:
        match what:
            case "pause":
                self.tell(cmd.Pause(by=agent, agent=agent, reason="tea"))
            case "ready":
                self.tell(cmd.GetReady(by=agent, agent=agent))
            case "log_in":
                self.tell(cmd.LogIn(by=agent, agent=agent))
            case _:
                self.tell(cmd.LogOut(by=agent, agent=agent))
        self.edge_turn()

    @step(4, seconds=[0.0, 3.0, 10.0, 70.0])
    def agents_go_home(self, seconds: float) -> None:
        """And it takes so long until anything else happens: lines may be left with nobody to wait for."""
        for agent in AGENTS:
            self.tell(cmd.LogOut(by=agent, agent=agent))
            self.edge_turn()
        self.time_passes(seconds)

    @step(10, at=PICK, what=["card", "card", "answer", "decline"])
    def agent_is_offered(self, at: int, what: str) -> None:
        agent = self.some_agent(at, "offered")
        contact = self.some_contact(agent, at)
        match what:
            case "card":
                self.tell(cmd.CardShown(by=agent, agent=agent, contact=contact))
            case "answer":
                self.tell(cmd.AnswerOffer(by=agent, agent=agent, contact=contact))
            case _:
                self.tell(cmd.DeclineOffer(by=agent, agent=agent, contact=contact))
        self.edge_turn()

    @step(8, at=PICK, on=[False, True], what=["hold", "hold", "mute", "record", "end"])
    def agent_in_call(self, at: int, on: bool, what: str) -> None:
        agent = self.some_agent(at, "busy")
        match what:
            case "hold":
                self.tell(cmd.Hold(by=agent, agent=agent, on=on))
            case "mute":
                self.tell(cmd.Mute(by=agent, agent=agent, on=on))
            case "record":
                self.tell(cmd.PauseRecordingOf(by=agent, agent=agent, on=on))
            case _:
                self.tell(cmd.HangUp(by=agent, agent=agent))
        self.edge_turn()

    @step(8, at=PICK, to=HANDED_TO)
    def agent_transfers(self, at: int, to: str) -> None:
        agent = self.some_agent(at, "busy")
        self.tell(cmd.Transfer(by=agent, agent=agent, target=to, reason="because"))
        self.edge_turn()

    @step(8, at=PICK, to=DIALLED)
    def agent_dials(self, at: int, to: str) -> None:
        agent = self.some_agent(at, "busy", "ready")
        self.tell(cmd.Dial(by=agent, agent=agent, number=to))
        self.edge_turn()

    @step(8, at=PICK)
    def agent_completes_the_transfer(self, at: int) -> None:
        agent = self.some_agent(at, "busy")
        self.tell(cmd.CompleteTransfer(by=agent, agent=agent, reason="agreed"))
        self.edge_turn()

    @step(at=PICK, disposition=["solved", "solved", "nonsense"])
    def agent_wraps_up(self, at: int, disposition: str) -> None:
        agent = self.some_agent(at, "wrap_up")
        self.tell(cmd.FinishWrapUp(by=agent, agent=agent, disposition=disposition))
        self.edge_turn()

    @step(2, agent=AGENTS, at=PICK, what=["note", "long note", "customer"])
    def agent_writes(self, agent: AgentId, at: int, what: str) -> None:
        contact = self.some_contact(agent, at)
        if what == "customer":
            found = ev.Customer(id=CustomerId(7), name="Customer 7", language="en") if at % 3 else None
            self.tell(cmd.LinkCustomer(by=agent, agent=agent, contact=contact, customer=CustomerId(7), found=found))
        else:
            text = "x" * 20_001 if what == "long note" else f"note {at}"
            self.tell(cmd.SaveNote(by=agent, agent=agent, contact=contact, text=text))

    @step(agent=AGENTS, state=["ready", "paused", "logged_out", "asleep"])
    def supervisor_forces(self, agent: AgentId, state: str) -> None:
        self.tell(cmd.ForceState(by="boss", agent=agent, state=state))
        self.edge_turn()

    @step(at=PICK, queue=[*QUEUES, QueueId("no")])
    def supervisor_moves(self, at: int, queue: QueueId) -> None:
        waiting = [c for line in self.engine.state.lines.values() for c in line] or [ContactId("c1")]
        self.tell(cmd.MoveContact(by="boss", contact=waiting[at % len(waiting)], queue=queue))
        self.edge_turn()

    # --- the box ---

    @step(1, site=range(len(SITES)))
    def administrator_changes_the_directory(self, site: int) -> None:
        self.tell(ev.DirectoryChanged(directory=SITES[site]))
        self.edge_turn()

    @step(1, worker=WORKERS)
    def worker_dies(self, worker: WorkerId) -> None:
        self.edge.die(worker)
        self.tell(ev.WorkerLost(worker=worker))
        self.edge_turn()

    @step(2)
    def brain_starts_again(self) -> None:
        """From its own snapshot; living workers say what they hold."""
        snapshot = self.engine.snapshot()
        self.engine = Engine.restore(snapshot)
        assert self.engine.snapshot() == snapshot
        self.tell(ev.BrainStarted())
        for worker in self.edge.workers():
            legs = self.edge.lose_legs(worker, set(self.edge.legs))
            self.tell(ev.WorkerJoined(worker=worker, legs=legs))
        self.edge_turn()

    @step(2, worker=WORKERS, lost=range(4), ghost=[False, True])
    def worker_joins(self, worker: WorkerId, lost: int, ghost: bool) -> None:
        self.edge.start(worker)
        there = [leg.id for leg in self.edge.legs.values() if leg.worker == worker]
        legs = self.edge.lose_legs(worker, set(there[lost:]))
        self.tell(ev.WorkerJoined(worker=worker, legs=(*legs, LegId("ghost")) if ghost else legs))
        self.tell_all(self.edge.restore_recordings())
        self.edge_turn()

    @step(2, phone=PHONES, there=[True, True, False])
    def phone_registers(self, phone: ExtensionNumber, there: bool) -> None:
        self.tell(ev.ExtensionRegistered(extension=phone) if there else ev.ExtensionUnregistered(extension=phone))
        self.edge_turn()

    @step(2, trunk=["main", "spare"], up=[False, True])
    def trunk_changes(self, trunk: str, up: bool) -> None:
        self.tell(ev.TrunkChanged(trunk=TrunkId(trunk), up=up))

    @step(2, low=[False, True])
    def disk_fills_or_empties(self, low: bool) -> None:
        self.tell(ev.DiskSpaceChanged(low=low, free_bytes=1000))
        self.edge_turn()

    @step(2, ahead_s=[0.0, 7200.0, -90.0])
    def date_is_set(self, ahead_s: float) -> None:
        self.tell(ev.ClockChanged(ahead_s=ahead_s))

    @step(2, numbers=[(), ("101",), ("101", "102")])
    def passwords_are_looked_at(self, numbers: tuple[str, ...]) -> None:
        self.tell(ev.PhonesChecked(cannot_register=tuple(map(ExtensionNumber, numbers))))

    @step(1, failing=["", "The disk is full.", "Another program holds the database."])
    def database_fails_or_works(self, failing: str) -> None:
        self.tell(ev.StoreChanged(failing=failing))

    @step(2, at=PICK)
    def alarm_is_acknowledged(self, at: int) -> None:
        alarms = [*self.engine.state.alarms, "circle-nowhere"]
        self.tell(cmd.AcknowledgeAlarm(by="boss", alarm=alarms[at % len(alarms)]))

    @step(2, day=["2027-01-15", "2027-01-16"])
    def day_begins(self, day: str) -> None:
        if day != self.engine.state.today:
            self.tell(ev.DayBegan(day=day))

    @step(at=range(1001))
    def something_is_told_twice(self, at: int) -> None:
        """An event of the past comes again: about legs that are gone, or as they are already."""
        message = self.journal[at % len(self.journal)][1]
        if isinstance(
            message,
            ev.LegRinging | ev.LegAnswered | ev.LegEnded | ev.LegHeld | ev.PlaybackFinished | ev.RecordingStored
            | ev.TransferRequested | ev.DtmfReceived | ev.CustomersFound | ev.LookUpAnswered | ev.RecordingFailed,
        ):  # fmt: skip
            legs = {getattr(message, "leg", None), getattr(message, "replaces", None)}
            if not legs & set(self.edge.legs):
                self.tell(message)
                self.edge_turn()

    @step(16, most=range(1, 4))
    def workers_work(self, most: int) -> None:
        """Where they take their time."""
        self.tell_all(self.edge.work(most))

    @step(seconds=[0.3, 1.0, 6.0, 25.0, 61.0])
    def time_passes(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.tell(ev.TimePassed())
            self.edge_turn()
            self.laws_hold()
        self.now = until

    @step(seconds=[2.0, 40.0])
    def the_brain_is_late(self, seconds: float) -> None:
        self.now += seconds
        self.tell(ev.TimePassed())
        self.edge_turn()

    @step(1)
    def snapshot_is_taken(self) -> None:
        self.middle = (len(self.journal), self.engine.snapshot(), len(self.history))


def walk(day: Day, seed: int, length: int) -> None:
    """Spend a day that is chosen by its number. A failure says what had happened."""
    chance = Random(seed)
    names = list(STEPS)
    told: list[str] = []
    day.begin(site=chance.randrange(len(SITES)), slow=chance.random() < 0.4, ready=chance.choice([4, 4, 2, 0]))
    try:
        for name in chance.choices(names, [STEPS[name].weight for name in names], k=length):
            chosen = {key: chance.choice(values) for key, values in STEPS[name].choices.items()}
            told.append(f"{name} {chosen}")
            getattr(day, name)(**chosen)
            day.laws_hold()
        day.teardown()
    finally:
        if (error := sys.exception()) is not None:
            error.add_note(f"day {seed} of {length} steps, after:\n" + "\n".join(told))
