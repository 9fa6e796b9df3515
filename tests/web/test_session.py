"""When a login ends."""

import pytest

from appliance.clock import ManualClock
from appliance.ipc import api
from appliance.ipc.client import RequestFailed
from appliance.store.views import SessionRow, UserRow
from appliance.web.session import Person, Sessions

ANN = UserRow(name="ann", password_hash="x", role="agent", language="en")


class Store:
    """Users and sessions in memory, changed by the brain's own requests (fake of `store.views` and the brain)."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.users = {"ann": ANN}
        self.sessions: dict[str, SessionRow] = {}
        self.there = True
        self.full = False
        self.refuses_with = "store"
        self.writes = 0
        self.reads = 0

    def user(self, name: str) -> UserRow | None:
        return self.users.get(name)

    def session(self, token_sha256: str) -> SessionRow | None:
        self.reads += 1
        return self.sessions.get(token_sha256)

    def tell(self, body: api.RequestBody) -> None:
        self.writes += 1
        if self.full:
            raise RequestFailed(self.refuses_with, "The disk is full.")
        match body:
            case api.OpenSession():
                now = self.clock.now()
                self.sessions[body.token_sha256] = SessionRow(user=body.user, opened_at=now, expires_at=body.expires_at)
            case api.CloseSession():
                self.sessions.pop(body.token_sha256, None)
            case _:
                raise AssertionError(body)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> Store:
    return Store(clock)


def sessions_of(store: Store) -> Sessions:
    return Sessions(
        store, store.tell, store.clock.now, brain_is_there=lambda: store.there, idle_s=3600, absolute_s=10_000
    )


def test_the_token_finds_its_person_and_no_other_token_does(store: Store) -> None:
    sessions = sessions_of(store)
    token, person = sessions.open(ANN)
    assert sessions.find(token) == person
    for wrong in ("", "x", token + "x", token.replace(".", ".x"), "9" + token, token.partition(".")[0] + "."):
        assert sessions.find(wrong) is None
    assert token not in str(store.sessions)


def test_a_login_nobody_uses_ends(store: Store, clock: ManualClock) -> None:
    sessions = sessions_of(store)
    token, _ = sessions.open(ANN)
    clock.advance(3599)
    assert sessions.find(token) is not None
    clock.advance(2)
    assert sessions.find(token) is None


def test_use_moves_the_end_on_but_not_past_the_absolute_limit(store: Store, clock: ManualClock) -> None:
    sessions = sessions_of(store)
    token, _ = sessions.open(ANN)
    seen: list[Person] = []
    for _ in range(9):
        clock.advance(1100)
        person = sessions.find(token)
        assert person is not None
        sessions.used(person)
        seen.append(person)
    assert seen[-1].expires_at > seen[0].expires_at
    clock.advance(101)
    assert sessions.find(token) is None


def test_a_login_in_use_is_written_every_few_minutes_only(store: Store, clock: ManualClock) -> None:
    sessions = sessions_of(store)
    token, _ = sessions.open(ANN)
    for _ in range(600):
        clock.advance(1)
        person = sessions.find(token)
        assert person is not None
        sessions.used(person)
    assert store.writes <= 3
    assert store.reads <= 60


def test_a_brain_that_is_away_ends_no_login_before_its_time(store: Store, clock: ManualClock) -> None:
    sessions = sessions_of(store)
    token, person = sessions.open(ANN)
    store.there = False
    clock.advance(3000)
    sessions.used(person)
    assert (store.writes, sessions.find(token)) == (1, person)


def test_another_web_process_finds_the_login(store: Store) -> None:
    token, person = sessions_of(store).open(ANN)
    assert sessions_of(store).find(token) == person


def test_logging_out_counts_at_once_even_while_the_store_is_behind(store: Store) -> None:
    sessions = sessions_of(store)
    token, person = sessions.open(ANN)
    kept = dict(store.sessions)
    sessions.close(person.token_sha256)
    store.sessions = kept  # as if the write were not visible yet
    assert sessions.find(token) is None


def test_a_removed_user_is_out_within_seconds(store: Store, clock: ManualClock) -> None:
    sessions = sessions_of(store)
    token, _ = sessions.open(ANN)
    assert sessions.find(token) is not None
    store.users.clear()
    clock.advance(11)
    assert sessions.find(token) is None


def test_a_changed_role_counts_at_once_where_it_was_changed(store: Store) -> None:
    sessions = sessions_of(store)
    token, _ = sessions.open(ANN)
    store.users["ann"] = UserRow(name="ann", password_hash="x", role="supervisor", language="fi")
    sessions.forget_user("ann")
    person = sessions.find(token)
    assert person is not None
    assert (person.role, person.language) == ("supervisor", "fi")


def test_while_the_disk_takes_nothing_a_login_lives_in_memory(store: Store, clock: ManualClock) -> None:
    sessions = sessions_of(store)
    store.full = True
    token, _ = sessions.open(ANN)
    clock.advance(60)
    person = sessions.find(token)
    assert person is not None
    assert person.user == "ann"
    assert not store.sessions
    store.full = False
    clock.advance(3000)
    sessions.used(person)
    assert sessions_of(store).find(token) is not None, "kept as soon as there is room"
    sessions.close(person.token_sha256)
    assert sessions.find(token) is None


def test_a_login_in_memory_ends_as_any_other(store: Store, clock: ManualClock) -> None:
    sessions = sessions_of(store)
    store.full = True
    ends, removed = sessions.open(ANN)[0], sessions.open(ANN)[0]
    clock.advance(60)
    assert sessions.find(removed) is not None
    del store.users["ann"]
    clock.advance(60)
    assert sessions.find(removed) is None
    store.users["ann"] = ANN
    clock.advance(3600)
    assert sessions.find(ends) is None


def test_other_refusals_of_the_brain_refuse_the_login(store: Store) -> None:
    store.full, store.refuses_with = True, "unknown_entry"
    with pytest.raises(RequestFailed):
        sessions_of(store).open(ANN)
