"""Logins and sessions: who may get in, and for how long."""

import pytest

from appliance.clock import ManualClock
from appliance.store.db import Database
from appliance.store.errors import EntryError
from appliance.store.users import Users, hash_password
from appliance.store.views import SessionRow, UserRow, Views

HASH = hash_password("one for the tests")
OTHER = hash_password("another")
TOKEN, SECOND = "a" * 64, "b" * 64


@pytest.fixture
async def users(database: Database, clock: ManualClock) -> Users:
    made = Users(database, clock)
    await made.put("setup", "admin", "admin", "ro", HASH)
    return made


async def test_a_login_is_made_and_changed(users: Users, views: Views) -> None:
    assert views.user("admin") == UserRow(name="admin", password_hash=HASH, role="admin", language="ro")
    await users.put("admin", "ann", "agent", "fi", HASH)
    await users.put("admin", "ann", "supervisor", "pl")
    assert views.user("ann") == UserRow(name="ann", password_hash=HASH, role="supervisor", language="pl")
    assert [user.name for user in views.users()] == ["admin", "ann"]
    assert views.user("nobody") is None


async def test_a_new_password_ends_the_sessions(users: Users, views: Views) -> None:
    await users.open_session(TOKEN, "admin", 2e9)
    await users.put("admin", "admin", "admin", "en")
    assert views.session(TOKEN) is not None
    await users.put("admin", "admin", "admin", "en", OTHER)
    assert views.session(TOKEN) is None
    audit = views.audit()
    assert [row.what for row in audit][:2] == ["user.password", "user.put"]
    assert not any("argon2" in str(row) for row in audit)


async def test_a_session_is_kept_moved_and_closed(users: Users, views: Views, clock: ManualClock) -> None:
    opened_at = clock.now()
    await users.open_session(TOKEN, "admin", opened_at + 100)
    clock.advance(10)
    await users.open_session(TOKEN, "admin", opened_at + 200)
    assert views.session(TOKEN) == SessionRow(user="admin", opened_at=opened_at, expires_at=opened_at + 200)
    await users.close_session(TOKEN)
    await users.close_session(TOKEN)
    assert views.session(TOKEN) is None


async def test_sessions_that_are_over_are_deleted(users: Users, views: Views, clock: ManualClock) -> None:
    await users.open_session(TOKEN, "admin", clock.now() + 10)
    await users.open_session(SECOND, "admin", clock.now() + 20)
    clock.advance(10)
    assert await users.prune_sessions() == 1
    assert views.session(TOKEN) is None
    assert views.session(SECOND) is not None


async def test_a_deleted_user_is_out_at_once(users: Users, views: Views) -> None:
    await users.put("admin", "ann", "agent", "en", HASH)
    await users.open_session(TOKEN, "ann", 2e9)
    await users.delete("admin", "ann")
    assert views.session(TOKEN) is None
    with pytest.raises(EntryError, match="there is no user 'ann'"):
        await users.open_session(TOKEN, "ann", 2e9)
    with pytest.raises(EntryError, match="there is no user 'ann'"):
        await users.delete("admin", "ann")


async def test_somebody_must_be_able_to_administer(users: Users) -> None:
    for change in (users.delete("admin", "admin"), users.put("admin", "admin", "agent")):
        with pytest.raises(EntryError, match="admin is the last administrator"):
            await change
    await users.put("admin", "root", "admin", "en", HASH)
    await users.delete("root", "admin")


@pytest.mark.parametrize(
    ("name", "role", "language", "password_hash", "place"),
    [
        ("Ann", "agent", "en", HASH, "$.name"),
        ("a" * 33, "agent", "en", HASH, "$.name"),
        ("ann", "boss", "en", HASH, "$.role"),
        ("ann", "agent", "de", HASH, "$.language"),
        ("ann", "agent", "en", "secret", "$.password_hash"),
        ("ann", "agent", "en", "$argon2i$v=19$m=512,t=2,p=2$c29tZXNhbHQ$aGFzaA", "$.password_hash"),
        ("ann", "agent", "en", None, "$.password_hash"),
    ],
)
async def test_what_is_no_login(
    users: Users, name: str, role: str, language: str, password_hash: str | None, place: str
) -> None:
    with pytest.raises(EntryError) as caught:
        await users.put("admin", name, role, language, password_hash)  # type: ignore[arg-type]  # as a wire could
    assert [fault.path for fault in caught.value.faults] == [place]


async def test_a_token_is_a_hash(users: Users) -> None:
    with pytest.raises(EntryError, match="64 hexadecimal digits"):
        await users.open_session("the token itself", "admin", 2e9)
