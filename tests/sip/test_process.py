"""Starting and stopping: what is said when Kamailio cannot run, and that nothing is left behind."""

import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path

import msgspec
import pytest

from appliance.core.ids import ExtensionNumber
from appliance.sip.control import EdgeControl
from appliance.sip.errors import EdgeRefusedError, EdgeStartError, EdgeUnavailableError, SettingsError
from appliance.sip.process import EdgeProcess, check, command_line, find_program, write_files
from appliance.sip.settings import Address, Listen
from tests.places import free_ports
from tests.sip.conftest import Directory, Edge, MakeSettings, StartEdge


def processes_of(directory: Path) -> list[int]:
    """Processes whose command line names this directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if str(directory).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended meanwhile
    return found


async def test_the_configuration_can_be_checked_beside_a_running_edge(edge: Edge) -> None:
    before = (edge.settings.runtime_dir / "edge.sqlite").stat().st_mtime_ns
    await check(msgspec.structs.replace(edge.settings, workers=()))
    assert (edge.settings.runtime_dir / "edge.sqlite").stat().st_mtime_ns == before
    assert "kamailio" in await edge.control.version()


async def test_settings_that_cannot_be_used_start_nothing(make_settings: MakeSettings) -> None:
    settings = make_settings(realm='"')
    with pytest.raises(SettingsError, match=r"^realm: "):
        await EdgeProcess(settings).start()
    with pytest.raises(SettingsError, match=r"^realm: "):
        await check(settings)
    assert not settings.runtime_dir.exists()


async def test_a_missing_program_is_named(make_settings: MakeSettings, tmp_path: Path) -> None:
    settings = make_settings(kamailio=tmp_path / "kamailio")
    with pytest.raises(EdgeStartError, match=r"^Kamailio is not installed: install the Debian package kamailio\.$"):
        await EdgeProcess(settings).start()


async def test_a_missing_database_is_named(make_settings: MakeSettings, tmp_path: Path) -> None:
    settings = make_settings(directory_db=tmp_path / "none.sqlite")
    with pytest.raises(EdgeStartError, match=r"none\.sqlite does not exist: start the brain first\.$"):
        await EdgeProcess(settings).start()
    assert not settings.directory_db.exists()


async def test_a_directory_that_cannot_be_made_is_named(make_settings: MakeSettings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeStartError, match=r"^Cannot write .*/file/edge: Not a directory\.$"):
        await EdgeProcess(make_settings(runtime_dir=tmp_path / "file" / "edge")).start()


@pytest.mark.parametrize(
    ("kind", "which"),
    [
        (socket.SOCK_DGRAM, "outside"),
        (socket.SOCK_STREAM, "outside"),
        (socket.SOCK_DGRAM, "inside"),
        (socket.SOCK_STREAM, "event"),
    ],
)
async def test_a_port_in_use_is_named(make_settings: MakeSettings, kind: socket.SocketKind, which: str) -> None:
    settings = make_settings()
    address = {
        "outside": Address(settings.listen[0].host, settings.listen[0].port),
        "inside": settings.internal,
        "event": settings.event_address,
    }[which]
    with socket.socket(type=kind) as other:
        other.bind(address)
        if kind == socket.SOCK_STREAM:
            other.listen()
        with pytest.raises(EdgeStartError) as caught:
            await EdgeProcess(settings).start()
    name = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    assert str(caught.value) == f"{name} {address} is already in use by another program."
    assert processes_of(settings.runtime_dir) == []


async def test_an_address_this_machine_has_not_is_named(make_settings: MakeSettings) -> None:
    with pytest.raises(EdgeStartError, match=r"192\.0\.2\.1"):
        await EdgeProcess(make_settings(listen=(Listen(host="192.0.2.1", port=5060),))).start()


async def test_stop_leaves_nothing_behind_and_may_be_repeated(start_edge: StartEdge) -> None:
    edge = await start_edge()
    assert processes_of(edge.settings.runtime_dir)
    await edge.process.stop()
    await edge.process.stop()
    assert processes_of(edge.settings.runtime_dir) == []
    for address, kind in ((edge.outside, socket.SOCK_DGRAM), (edge.settings.event_address, socket.SOCK_STREAM)):
        with socket.socket(type=kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)


async def test_a_frozen_edge_is_ended_by_force(start_edge: StartEdge) -> None:
    edge = await start_edge()
    os.kill(edge.process.pid, signal.SIGSTOP)
    await edge.process.stop(grace_s=0.1)
    assert processes_of(edge.settings.runtime_dir) == []


async def test_its_end_is_noticed_and_it_can_be_started_again(start_edge: StartEdge) -> None:
    edge = await start_edge()
    ended = asyncio.create_task(edge.process.wait())
    os.kill(edge.process.pid, signal.SIGKILL)
    assert await ended == -signal.SIGKILL
    with pytest.raises(EdgeUnavailableError):
        await edge.control.version()
    with pytest.raises(EdgeUnavailableError):
        await edge.control.set_affinity(ExtensionNumber("201"), edge.settings.workers[0].id)
    await edge.process.start()
    assert "kamailio" in await edge.control.version()


async def test_an_edge_left_over_by_a_killed_supervisor_is_replaced(
    start_edge: StartEdge, make_settings: MakeSettings
) -> None:
    settings = make_settings()
    await asyncio.to_thread(write_files, settings)
    orphan = await asyncio.create_subprocess_exec(*command_line(settings), start_new_session=True)
    async with EdgeControl(settings) as control, asyncio.timeout(5):
        while True:
            with contextlib.suppress(EdgeUnavailableError):
                await control.version()
                break
    os.kill(orphan.pid, signal.SIGKILL)  # its children live on
    fresh = await start_edge(settings)
    assert "kamailio" in await fresh.control.version()
    await fresh.process.stop()
    await orphan.wait()
    assert processes_of(settings.runtime_dir) == []


async def test_a_second_supervisor_does_not_end_the_edge_of_the_first(edge: Edge) -> None:
    with pytest.raises(EdgeStartError, match=r"^Another Switchroom is running from /.*/edge\.$"):
        await EdgeProcess(edge.settings).start()
    assert "kamailio" in await edge.control.version()


async def test_a_missing_module_is_named(make_settings: MakeSettings, tmp_path: Path) -> None:
    program = tmp_path / "kamailio"
    program.write_text(f'#!/bin/sh\nexec {find_program(make_settings())} "$@" -L {tmp_path}\n')
    program.chmod(0o755)
    with pytest.raises(EdgeStartError) as caught:
        await EdgeProcess(make_settings(kamailio=program)).start()
    assert str(caught.value) == (
        "Kamailio's module jsonrpcs is missing:"
        " install the Debian packages kamailio-sqlite-modules and kamailio-extra-modules."
    )


async def test_a_damaged_table_file_is_replaced(start_edge: StartEdge, make_settings: MakeSettings) -> None:
    settings = make_settings()
    settings.runtime_dir.mkdir()
    for path in (settings.tables_path, settings.registrations_path):
        path.write_bytes(b"SQLite format 3\0" + os.urandom(4000))
    edge = await start_edge(settings)
    phone = await edge.phone("201")
    assert (await phone.register()).status == 200


async def test_two_boxes_run_beside_each_other(start_edge: StartEdge, make_settings: MakeSettings) -> None:
    first = await start_edge()
    settings = make_settings(runtime_dir=first.settings.runtime_dir.with_name("second"))
    second = await start_edge(settings)
    phone = await first.phone("201")
    await phone.register()
    assert len(await first.control.contacts()) == 1
    assert await second.control.contacts() == []


async def test_the_brain_may_be_away_and_its_database_closed(edge: Edge, directory: Directory) -> None:
    directory.connection.close()
    phone = await edge.phone("201")
    assert (await phone.register()).status == 200


async def test_the_database_is_only_read(edge: Edge, directory: Directory) -> None:
    phone = await edge.phone("201")
    await phone.register()
    tables = directory.connection.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
    assert [name for (name,) in tables] == ["extension", "sqlite_autoindex_extension_1", "subscriber"]


async def test_a_password_can_be_checked_while_the_brain_writes(edge: Edge, directory: Directory) -> None:
    directory.connection.execute("BEGIN IMMEDIATE")
    directory.set("202", "changed-but-not-committed")
    phone = await edge.phone("202")
    assert (await phone.register()).status == 200
    directory.connection.execute("ROLLBACK")


async def test_orders_that_make_no_sense_are_refused(edge: Edge) -> None:
    with pytest.raises(EdgeRefusedError, match="worker nobody is not listed"):
        await edge.control.set_worker_up(msgspec.convert("nobody", type=str), True)  # type: ignore[arg-type]  # a wrong id
    worker = edge.settings.workers[0]
    with pytest.raises(SettingsError):
        await edge.control.set_workers((worker, worker))
    assert len(await edge.control.workers()) == 2


async def test_control_without_kamailio_says_so(make_settings: MakeSettings) -> None:
    settings = make_settings()
    async with EdgeControl(settings) as control:
        with pytest.raises(EdgeUnavailableError, match=r"^Kamailio is not reachable: No such file or directory"):
            await control.contacts()


async def test_all_workers_can_be_taken_off_the_list_and_put_back(edge: Edge) -> None:
    await edge.control.set_workers(())
    assert await edge.control.workers() == []
    await edge.control.set_workers(edge.settings.workers)
    assert len(await edge.control.workers()) == 2


def test_ports_for_tests_are_different() -> None:
    assert len(set(free_ports(20))) == 20
