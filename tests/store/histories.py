"""Random histories for hypothesis: facts of contacts as they could come, in any order."""

from hypothesis import strategies as st

from appliance.core import facts as f
from appliance.core.events import Customer
from appliance.core.explain import Candidate, Decision
from appliance.core.facts import AnyFact
from appliance.core.ids import AgentId, ContactId, CustomerId, FlowId, QueueId, RecordingId, TrunkId

Step = tuple[ContactId | None, AnyFact]

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
seconds = st.floats(0, 1e5, allow_nan=False)
agents = st.sampled_from([AgentId("ann"), AgentId("bob")])
queues = st.sampled_from([QueueId("support"), QueueId("sales")])
contacts = st.sampled_from([ContactId("c1"), ContactId("c2"), ContactId("c3")])
customers = st.builds(Customer, st.integers(1, 9).map(CustomerId), words)

decisions = st.builds(
    Decision,
    queue=queues,
    strategy=st.just("longest_idle"),
    candidates=st.lists(st.builds(Candidate, agent=agents), max_size=2).map(tuple),
    chosen=st.lists(agents, max_size=2).map(tuple),
    decided_by=st.just("only_one_free"),
    waiting_s=seconds,
)

of_contacts: st.SearchStrategy[AnyFact] = st.one_of(
    st.builds(
        f.ContactOpened,
        direction=st.sampled_from(["inbound", "outbound", "internal"]),
        from_number=words,
        from_e164=st.sampled_from(["", "+40722123456"]),
        to_number=words,
        trunk=st.none() | st.just(TrunkId("demo")),
    ),
    st.builds(
        f.CallerIdentified,
        verdict=st.sampled_from(["known", "several", "unknown"]),
        customers=st.lists(customers, max_size=2).map(tuple),
    ),
    st.builds(f.CustomerLinked, customer=st.integers(1, 9).map(CustomerId), agent=agents),
    st.builds(f.FlowEntered, flow=st.just(FlowId("main")), node=words),
    st.builds(f.LanguageChosen, language=st.sampled_from(["en", "ro"])),
    st.builds(f.AttributeSet, name=words, value=words | st.integers(-(2**53), 2**53) | seconds),
    st.builds(f.ContactQueued, queue=queues, position=st.integers(1, 9), expected_wait_s=st.none() | seconds),
    st.builds(f.ContactOffered, queue=queues, agents=st.lists(agents, max_size=2).map(tuple), decision=decisions),
    st.builds(f.OfferEnded, agent=agents, reason=st.sampled_from(["no_answer", "caller_left"]), rang_s=seconds),
    st.builds(f.ContactAnswered, agent=st.none() | agents, number=words, waited_s=seconds),
    st.builds(f.NoticePlayed),
    st.builds(
        f.RecordingKept,
        recording=st.sampled_from([RecordingId("r1"), RecordingId("r2")]),
        path=words,
        duration_s=seconds,
        size_bytes=st.integers(0, 2**40),
        peaks=st.lists(st.integers(0, 100), max_size=4).map(tuple),
    ),
    st.builds(f.RecordingMissing, error=words),
    st.builds(f.RecordingPaused, agent=agents, paused=st.booleans()),
    st.builds(f.ContactHeld, by=words),
    st.builds(f.ContactRetrieved, by=words),
    st.builds(f.ContactTransferred, how=st.sampled_from(["blind", "attended"]), by=words, to=words, reason=words),
    st.builds(f.TransferFailed, by=words, to=words, why=words),
    st.builds(f.NoteSaved, agent=agents, text=words),
    st.builds(f.SurveyAnswered, question=words, answer=st.integers(1, 9)),
    st.builds(f.CallerLeft, where=words, after_s=seconds),
    st.builds(f.WrappedUp, agent=agents, disposition=words, took_s=seconds, by_limit=st.booleans()),
    st.builds(
        f.ContactClosed,
        outcome=st.sampled_from(["contained", "abandoned", "answered", "lost"]),
        where=words,
        waited_s=seconds,
        talked_s=seconds,
        code=st.sampled_from([200, 486, 503]),
    ),
)

of_the_box: st.SearchStrategy[AnyFact] = st.one_of(
    st.builds(f.AgentStateChanged, agent=agents, state=st.sampled_from(["ready", "paused"]), reason=words),
    st.builds(f.AlarmRaised, alarm=words, text=words, advice=words),
    st.builds(f.AlarmCleared, alarm=words),
)

steps: st.SearchStrategy[Step] = st.tuples(contacts, of_contacts) | st.tuples(st.none(), of_the_box)

turns = st.lists(st.lists(steps, max_size=4), max_size=12)
"""Per message: what was concluded from it."""
