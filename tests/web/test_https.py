"""The panel behind HTTPS: a certificate of the box's own, the browser's encrypted WebSocket, a cookie for it alone."""

import asyncio
import re
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.places import free_ports
from tests.web.stage import Process, Stage

SERVES = re.compile(rb"listening on (https://\S+?)/?\s*$")


async def make_certificate(directory: Path) -> None:
    """As the box's owner would, with OpenSSL."""
    process = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", "panel.key", "-out", "panel.pem", "-days", "2", "-subj", "/CN=127.0.0.1"),
        *("-addext", "subjectAltName=IP:127.0.0.1"),
        cwd=directory,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


async def test_login_and_live_panel_over_https(stage: Stage, chromium: Browser, tmp_path: Path) -> None:
    await make_certificate(tmp_path)
    (port,) = free_ports(1)
    text = re.sub(
        r"(?m)^port = \d+$(?=\n\n\[import\])",
        f'port = {port}\ncertificate = "{tmp_path / "panel.pem"}"\nprivate_key = "{tmp_path / "panel.key"}"',
        stage.config.read_text(encoding="utf-8"),
    )
    config = stage.folder / "https.toml"
    config.write_text(text, encoding="utf-8")
    web = Process("web", config, tmp_path / "web.log")
    url = (await web.start(SERVES))[1].decode()
    context = await chromium.new_context(ignore_https_errors=True)
    try:
        page = await context.new_page()
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        await page.goto(f"{url}/")
        await page.fill("[name=user]", "ann")
        await page.fill("[name=password]", "right-ann")
        await page.click("button")
        await expect(page.locator(".state-bar")).to_be_visible()
        assert sockets
        assert all(socket.startswith("wss://") for socket in sockets)
        (cookie,) = [one for one in await context.cookies() if one["name"] == "session"]
        assert cookie["secure"]
        assert cookie["httpOnly"]
    finally:
        await context.close()
        assert await web.stop() == 0
        config.unlink()
