"""Readiness and heart beats arrive at a real socket, as sd_notify(3) says."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.ops.notify import Notifier


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as inbox:
        inbox.bind(str(tmp_path / "notify"))
        yield inbox


def heard(inbox: socket.socket) -> list[bytes]:
    messages = []
    while True:
        try:
            messages.append(inbox.recv(4096))
        except BlockingIOError:
            return messages


def test_says_what_systemd_expects(listener: socket.socket) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": listener.getsockname()})
    notifier.ready()
    notifier.status("two\nlines")
    notifier.stopping()
    assert heard(listener) == [b"READY=1", b"STATUS=two lines", b"STOPPING=1"]


def test_beats_three_times_as_often_as_asked_for(listener: socket.socket) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": listener.getsockname(), "WATCHDOG_USEC": "3000000"})
    for tenths in range(31):
        notifier.beat(100.0 + tenths / 10)
    assert heard(listener) == [b"WATCHDOG=1"] * 4


def test_does_not_beat_when_the_watch_is_for_another_process(listener: socket.socket) -> None:
    environment = {"NOTIFY_SOCKET": listener.getsockname(), "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}
    Notifier(environment).beat(100.0)
    mine = {**environment, "WATCHDOG_PID": str(os.getpid())}
    Notifier(mine).beat(100.0)
    assert heard(listener) == [b"WATCHDOG=1"]


def test_an_abstract_socket_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as inbox:
        inbox.bind("")  # the kernel chooses an abstract name (unix(7))
        Notifier({"NOTIFY_SOCKET": "@" + inbox.getsockname()[1:].decode()}).ready()
        assert heard(inbox) == [b"READY=1"]


def test_without_a_supervisor_nothing_happens() -> None:
    notifier = Notifier({})
    notifier.ready()
    notifier.beat(1.0)


def test_a_supervisor_that_is_gone_is_no_error(tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
