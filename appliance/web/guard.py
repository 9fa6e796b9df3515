"""Reads a request's body before a thread is given to it, and refuses what is too long or too slow.

So a browser that sends its form one byte a minute costs a few bytes of memory and never one of the ten threads. The
limits are per path: only a directory entry (with its flow) may be longer than a form.
"""

import asyncio

import msgspec

from appliance.web import catalogue, settings
from appliance.web.asgi import Application, Message, Receive, Scope, Send, cookie_of, headers_of
from appliance.web.security import LANGUAGE_COOKIE
from appliance.web.wsgi import page

LONG_PATHS = ("/api/directory/", "/api/flows/")


class BodyGuard:
    """ASGI middleware in front of the pages."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope["path"])
        limit_bytes = settings.MAX_ENTRY_BYTES if path.startswith(LONG_PATHS) else settings.MAX_FORM_BYTES
        headers = headers_of(scope)
        declared = headers.get("content-length", "0")
        if not declared.isdecimal():
            await _refuse(scope, send, 400, "error.bad_request", headers)
            return
        if int(declared) > limit_bytes:
            await _refuse(scope, send, 413, "error.too_large", headers, limit_kib=limit_bytes // 1024)
            return
        body = bytearray()
        try:
            async with asyncio.timeout(settings.BODY_WAIT_S):
                more = True
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        return  # the browser went away
                    chunk = message.get("body", b"")
                    assert isinstance(chunk, bytes)
                    body += chunk
                    if len(body) > limit_bytes:
                        await _refuse(scope, send, 413, "error.too_large", headers, limit_kib=limit_bytes // 1024)
                        return
                    more = bool(message.get("more_body", False))
        except TimeoutError:
            await _refuse(scope, send, 408, "error.too_slow", headers)
            return
        await self._application(scope, _once(bytes(body), receive), send)


def _once(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(scope: Scope, send: Send, status: int, key: str, headers: dict[str, str], **values: object) -> None:
    language = catalogue.of_browser(cookie_of(headers, LANGUAGE_COOKIE), headers.get("accept-language", ""))
    text = catalogue.say(language, key, **values)
    if str(scope["path"]).startswith("/api/"):
        kind, body = b"application/json", _json(key, text)
    else:
        kind, body = b"text/html; charset=utf-8", plain_page(language, text)
    lines = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what is still on its way is not read
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


def plain_page(language: str, text: str, *, static: str = "") -> bytes:
    """A page with one sentence and a way back."""
    return page("message", language=language, text=text, back=catalogue.say(language, "error.back"), static=static)


def _json(key: str, text: str) -> bytes:
    return msgspec.json.encode({"code": key.removeprefix("error."), "text": text})
