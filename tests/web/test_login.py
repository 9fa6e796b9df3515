"""Logging in and out, and everything that must not get past it. Requests against the running process."""

import asyncio
import contextlib
import json
import re

import pytest

from tests.web.stage import Stage
from tests.web.visitor import Visitor


async def test_the_right_password_opens_the_panel(visitor: Visitor) -> None:
    answer = await visitor.try_to_log_in("ann", "right-ann", next="/contacts")
    assert (answer.status, answer.headers["location"]) == (303, "/contacts")
    (session,) = [line for line in answer.set_cookies if line.startswith("session=")]
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    shell = await visitor.get("/contacts")
    assert (shell.status, "data-boot" in shell.text) == (200, True)


async def test_a_login_leads_nowhere_but_to_our_own_pages(stage: Stage) -> None:
    for target in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"):
        answer = await Visitor(stage.url).try_to_log_in("ann", "right-ann", next=target)
        assert answer.headers["location"] == "/"


async def test_a_wrong_password_is_refused_without_saying_what_was_wrong(visitor: Visitor) -> None:
    wrong = await visitor.try_to_log_in("super", "wrong")
    unknown = await visitor.try_to_log_in("nobody-here", "wrong")
    assert (wrong.status, unknown.status) == (401, 401)
    sentence = "The user name or password is not right."
    assert sentence in wrong.text
    assert sentence in unknown.text
    assert "session" not in visitor.cookies


async def test_guessing_has_to_wait_longer_each_time(visitor: Visitor) -> None:
    answers = [await visitor.try_to_log_in("guess-me", f"guess-{n}") for n in range(5)]
    assert [answer.status for answer in answers][:3] == [401, 401, 401]
    assert answers[3].status == 429
    assert re.search(r"try again in \d+ seconds", answers[3].text)
    assert int(answers[3].headers["retry-after"]) >= 1


async def test_a_login_form_of_another_site_is_refused(visitor: Visitor) -> None:
    await visitor.get("/login")
    answer = await visitor.submit("/login", user="ann", password="right-ann", csrf="0" * 64)
    assert answer.status == 403
    assert "session" not in visitor.cookies


async def test_changing_requests_need_the_token_and_our_own_origin(visitor: Visitor) -> None:
    await visitor.log_in("admin")
    body = json.dumps({"language": "fi"}).encode()
    plain = await visitor.ask("POST", "/api/me/language", body=body)
    stolen = await visitor.ask(
        "POST",
        "/api/me/language",
        body=body,
        headers={"X-CSRF-Token": visitor.csrf, "Origin": "http://elsewhere.example"},
    )
    foreign = await visitor.ask(
        "POST",
        "/api/me/language",
        body=body,
        headers={"X-CSRF-Token": visitor.csrf, "Sec-Fetch-Site": "cross-site"},
    )
    assert [answer.status for answer in (plain, stolen, foreign)] == [403, 403, 403]
    assert plain.json()["text"] == (
        "This request did not come from a page of the panel. Reload the page and try again."
    )
    assert (await visitor.send("POST", "/api/me/language", {"language": "en"})).status == 200


async def test_nothing_is_shown_without_a_login(visitor: Visitor) -> None:
    page = await visitor.get("/admin/queue")
    assert (page.status, page.headers["location"]) == (303, "/login?next=/admin/queue")
    for path in ("/api/contacts", "/api/directory", "/api/users", "/api/recordings/r1/audio"):
        answer = await visitor.get(path)
        assert (answer.status, answer.json()["text"]) == (401, "Please log in first.")


@pytest.mark.parametrize(
    ("user", "path", "status"),
    [
        ("ann", "/api/directory", 403),
        ("ann", "/api/users", 403),
        ("super", "/api/directory", 403),
        ("super", "/api/contacts", 200),
        ("tech", "/api/contacts", 403),
        ("tech", "/api/customers?q=stan", 403),
        ("tech", "/api/recordings/r1/audio", 403),
        ("admin", "/api/directory", 200),
        ("admin", "/api/users", 200),
    ],
)
async def test_roles_see_what_is_theirs(visitor: Visitor, user: str, path: str, status: int) -> None:
    await visitor.log_in(user)
    assert (await visitor.get(path)).status == status


async def test_logging_out_ends_the_login_everywhere(visitor: Visitor, stage: Stage) -> None:
    await visitor.log_in("ann")
    elsewhere = Visitor(stage.url)
    elsewhere.cookies = dict(visitor.cookies)  # another window of the same browser
    assert (await visitor.submit("/logout", csrf=visitor.csrf)).status == 303
    assert (await elsewhere.get("/api/contacts")).status == 401
    assert (await visitor.get("/")).headers["location"].startswith("/login")


async def test_a_login_survives_a_restart_of_the_web(visitor: Visitor, stage: Stage) -> None:
    await visitor.log_in("ann")
    assert await stage.web.stop() == 0
    await stage.start_web()
    again = Visitor(stage.url)
    again.cookies = dict(visitor.cookies)
    assert (await again.get("/api/contacts")).status == 200


async def test_pages_stay_while_the_brain_is_away_and_changes_are_refused_with_a_sentence(
    visitor: Visitor, stage: Stage
) -> None:
    await visitor.log_in("ann")
    await stage.kill_brain()
    page = await visitor.get("/contacts")
    rows = await visitor.get("/api/contacts")
    change = await visitor.send("POST", "/api/me/language", {"language": "en"})
    await stage.start_brain()
    assert (page.status, rows.status) == (200, 200)
    assert (change.status, change.json()["code"]) == (503, "unreachable")
    assert "nothing was done" in str(change.json()["text"])


async def test_a_new_password_ends_the_other_logins(visitor: Visitor, stage: Stage) -> None:
    await visitor.log_in("bob")
    elsewhere = Visitor(stage.url)
    await elsewhere.log_in("bob")
    weak = await visitor.send("POST", "/api/me/password", {"old": "right-bob", "new": "short"})
    wrong = await visitor.send("POST", "/api/me/password", {"old": "left-bob", "new": "long-enough-1"})
    assert [weak.status, wrong.status] == [422, 422]
    done = await visitor.send("POST", "/api/me/password", {"old": "right-bob", "new": "long-enough-1"})
    assert done.status == 200
    assert (await visitor.get("/api/contacts")).status == 200
    assert (await elsewhere.get("/api/contacts")).status == 401
    shell = await visitor.get("/")
    found = re.search(r"csrf&quot;:&quot;([0-9a-f]{64})", shell.text)
    assert found is not None
    visitor.csrf = found[1]
    back = await visitor.send("POST", "/api/me/password", {"old": "long-enough-1", "new": "right-bob"})
    assert back.status == 200


async def test_every_answer_carries_the_security_headers(visitor: Visitor) -> None:
    await visitor.log_in("ann")
    for path in ("/", "/login", "/api/contacts", "/no-such-page", "/favicon.ico"):
        headers = (await visitor.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


async def test_an_unknown_page_shows_a_way_back_in_the_visitors_language(visitor: Visitor) -> None:
    answer = await visitor.get("/nowhere", Accept_Language="pl,en;q=0.5")
    assert answer.status == 404
    assert "Nie ma takiej strony." in answer.text
    assert 'href="/"' in answer.text


async def test_what_is_too_large_is_refused_with_a_sentence(visitor: Visitor) -> None:
    await visitor.log_in("admin")
    form = await visitor.submit("/login", user="x" * 70_000)
    assert form.status == 413
    assert "at most 64 KiB" in form.text
    entry = await visitor.send("PUT", "/api/directory/queue/x", {"body": {"name": "x" * 1_100_000}})
    assert (entry.status, entry.json()["code"]) == (413, "too_large")


async def test_a_body_without_a_length_is_counted_as_it_comes(stage: Stage) -> None:
    host, _, port = stage.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    for _ in range(6):
        writer.write(chunk)
    status = await reader.readline()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    assert b" 413 " in status


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"language": 5}'])
async def test_rubbish_is_answered_and_nothing_dies(visitor: Visitor, body: bytes) -> None:
    await visitor.log_in("admin")
    body = body[:60_000]
    answer = await visitor.ask("POST", "/api/me/language", body=body, headers={"X-CSRF-Token": visitor.csrf})
    assert (answer.status, answer.json()["code"]) == (400, "bad_request")
    for query in ("from=x", "customer=x", "limit=x", "after=x", "outcome=eaten"):
        assert (await visitor.get(f"/api/contacts?{query}")).status == 400
    assert (await visitor.get("/login")).status in (200, 303)
