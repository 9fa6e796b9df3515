"""One program, `switchroom`: runs every part of the box and shows what it does.

Each subcommand imports only its own part, so that `status` does not wait for the web server's libraries. Exit codes:
0 as asked, 1 it went wrong, 2 it cannot work like this and starting it again will not help (the configuration, a
program or a port that is missing); the sentence on stderr says what to do.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from appliance.config.box import BoxConfig
from appliance.config.loader import ConfigError, load_config
from appliance.core.ids import WorkerId
from appliance.ops import logs
from appliance.ops.notify import CANNOT_START

log = logging.getLogger("appliance.main")

Part = Callable[[argparse.Namespace], int]

SYSTEM_FILE = Path("/etc/switchroom/switchroom.toml")
WORKER_HOST = "127.0.0.1"
"""Only Kamailio talks to the workers, on loopback."""


class Refused(Exception):
    """The command line cannot be followed; the text says why."""


# --- the parts of the box -------------------------------------------------------------------------------------------


def run_box(given: argparse.Namespace) -> int:
    """Everything, in the foreground."""
    from appliance.cli import run

    file = _demo_file(given) if given.demo else _file(given)
    return run.run(_load(file), file, given.log, _say_if_heard)


def run_brain(given: argparse.Namespace) -> int:
    """The engine, the database, the socket."""
    from appliance.brain import service

    return service.run(_config(given), _file(given))


def run_media(given: argparse.Namespace) -> int:
    """One media worker."""
    from appliance.config.ports import WorkerPorts
    from appliance.media import worker
    from appliance.media.settings import WorkerSettings

    config = _config(given)
    name = WorkerId(given.name)
    if name not in config.media.workers:
        raise Refused(f"There is no worker {name} in the configuration; it has {', '.join(config.media.workers)}.")
    ports, kept = WorkerPorts(config, name), config.directories
    return worker.run(
        WorkerSettings(
            worker=name,
            brain_socket=kept.brain_socket,
            sip_host=WORKER_HOST,
            sip_port=ports.sip_port,
            edge_host=WORKER_HOST,
            edge_port=config.sip.internal_port,
            rtp_host=config.media.address or config.sip.address,
            rtp_port_first=ports.rtp_first,
            rtp_port_last=ports.rtp_last,
            recordings_dir=kept.recordings,
            spool_dir=kept.spool(name),
        )
    )


def run_edge(given: argparse.Namespace) -> int:
    """Kamailio."""
    from appliance.ops import edge
    from appliance.sip.box import edge_settings

    return edge.run(edge_settings(_config(given)))


def run_web(given: argparse.Namespace) -> int:
    """The panel."""
    from appliance.web import app

    return app.run(_config(given))


# --- looking at it --------------------------------------------------------------------------------------------------


def check_config(given: argparse.Namespace) -> int:
    """Whether a configuration can be used: everything that the first start would look at."""
    from appliance.prompts.recording import recordings
    from appliance.store import imports

    file = _file(given)
    config = _load(file)
    recorded, _ = recordings(config.directories.prompts)
    flows = imports.plan(config, {one.prompt_id for one in recorded}, time.time()).directory.flows
    _say(
        f"{file} is in order: {len(config.media.workers)} media workers, {len(config.first.extensions)} extensions, "
        f"{len(config.first.trunks)} trunks, {len(config.first.queues)} queues, {len(flows)} flows."
    )
    return 0


def show_status(given: argparse.Namespace) -> int:
    """The status tree."""
    from appliance.cli import live

    _say(live.status(_config(given).directories.brain_socket, as_json=given.json, now=time.time()))
    return 0


def show_calls(given: argparse.Namespace) -> int:
    """Calls that are under way."""
    from appliance.cli import live

    _say(live.calls(_config(given).directories.brain_socket, as_json=given.json, now=time.time()))
    return 0


def show_contacts(given: argparse.Namespace) -> int:
    """The newest contacts."""
    from appliance.cli import past

    database = _config(given).directories.database
    _say(past.contacts(database, number=given.number, limit=given.limit, as_json=given.json))
    return 0


def show_cdr(given: argparse.Namespace) -> int:
    """Call detail records."""
    from appliance.cli import past

    _say(past.cdr(_config(given).directories.database, days=given.days, as_json=given.json))
    return 0


def demo_call(given: argparse.Namespace) -> int:
    """A simulated caller and, where nobody is there, a simulated agent."""
    from appliance.demo import call

    return call.run(_config(given), _say)


def show_version(given: argparse.Namespace) -> int:
    """Ours."""
    _say(f"switchroom {version('switchroom')}")
    return 0


def _count(word: str) -> int:
    """A whole number from 1."""
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word} is no whole number from 1")
    return int(word)


# --- the command line -----------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script. Returns the exit code."""
    given = _parser().parse_args(arguments)
    logs.set_up(getattr(given, "name", given.command), given.log)
    try:
        part: Part = given.part
        return part(given)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our table has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the outermost frame of every program
        sentence, code = _sentence(error)
        if sentence:
            log.error("%s", sentence) if given.log_as_program else print(sentence, file=sys.stderr)
            return code
        log.critical("%s must end", given.command, exc_info=True)
        return 1


def _sentence(error: BaseException) -> tuple[str, int]:
    """What a person is told about an error that is not a bug, and the exit code. Empty for a bug."""
    from appliance.ipc.client import RequestFailed
    from appliance.ipc.server import SocketInUse
    from appliance.sip.errors import EdgeStartError, SettingsError, SipError

    leaves = list(_leaves(error))
    if len(leaves) != 1:
        return "", 1
    [leaf] = leaves
    if isinstance(leaf, ConfigError | Refused | SocketInUse | EdgeStartError | SettingsError):
        return str(leaf), CANNOT_START
    if isinstance(leaf, RequestFailed | SipError):
        return str(leaf), 1
    if "appliance.store.errors" in sys.modules:  # only who imported the store can have its errors
        from appliance.store import errors as store

        if isinstance(leaf, store.StoreBusyError | store.StoreFailingError):
            return str(leaf), 1
        if isinstance(leaf, store.StoreError):
            return str(leaf), CANNOT_START
    return "", 1


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
    else:
        yield error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="switchroom", description="A PBX and contact centre for a small office.")
    parts = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, part: Part, what: str, *, program: bool = False) -> argparse.ArgumentParser:
        one = parts.add_parser(name, help=what, description=what)
        one.add_argument("--config", type=Path, metavar="FILE", help="the box's configuration")
        level = "info" if program else "warning"
        one.add_argument("--log", choices=logs.LEVELS, default=level, help=f"what to log on stderr ({level})")
        one.set_defaults(part=part, log_as_program=program)
        return one

    def add_table(name: str, part: Part, what: str) -> argparse.ArgumentParser:
        one = add(name, part, what)
        one.add_argument("--json", action="store_true", help="for programs")
        return one

    run = add("run", run_box, "Run the whole box in the foreground.")
    run.add_argument("--demo", action="store_true", help="the demonstration box (made in ./var/demo)")
    add("brain", run_brain, "Run the brain: engine, database, socket.", program=True)
    media = add("media", run_media, "Run one media worker.", program=True)
    media.add_argument("--name", required=True, help="which one of the configuration")
    add("edge", run_edge, "Run Kamailio with our configuration.", program=True)
    add("web", run_web, "Run the panel.", program=True)
    add("check-config", check_config, "Say what is wrong with a configuration, starting nothing.")
    add_table("status", show_status, "Show the box as it is now.")
    add_table("calls", show_calls, "Show the calls that are under way.")
    contacts = add_table("contacts", show_contacts, "Show the newest contacts, open and closed.")
    contacts.add_argument("--number", default="", help="only with these digits in a number (at least three)")
    contacts.add_argument("--limit", type=_count, default=20, help="at most so many (20)")
    cdr = add_table("cdr", show_cdr, "Show call detail records.")
    cdr.add_argument("--days", type=_count, default=1, help="of the last so many days (1)")
    add("demo-call", demo_call, "Let a simulated caller ring the box, and a simulated agent answer if nobody does.")
    add("version", show_version, "Say which version this is.")
    return parser


def _file(given: argparse.Namespace) -> Path:
    """The configuration to use: the given one, the demonstration's, the system's."""
    from appliance.demo import box

    if given.config is not None:
        file: Path = given.config
        return file.absolute()
    for file in (box.FILE, SYSTEM_FILE):
        if file.exists():
            return file.absolute()
    raise Refused(f"Say which configuration with --config FILE: there is neither {box.FILE} here nor {SYSTEM_FILE}.")


def _demo_file(given: argparse.Namespace) -> Path:
    from appliance.demo import box

    if given.config is not None:
        raise Refused("Either --demo or --config FILE: a demonstration of your own says demo = true in its file.")
    return box.make().absolute()


def _load(file: Path) -> BoxConfig:
    return load_config(file)


def _config(given: argparse.Namespace) -> BoxConfig:
    return _load(_file(given))


def _say(text: str) -> None:
    print(text, flush=True)


def _say_if_heard(text: str) -> None:
    """For a program that goes on when its terminal is gone."""
    try:
        print(text, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
