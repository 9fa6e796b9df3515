"""The brain as a program: opens everything in order, runs until it is told to stop, closes everything in order.

Start: database → engine from snapshot and journal → socket. From then on workers reconcile themselves, Kamailio's
tables are read when it answers, and the first readiness is told to the supervisor. A clean end keeps a snapshot.
"""

import asyncio
import logging
import pwd
import signal
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path

from appliance.brain.dispatch import Dispatch
from appliance.brain.edge import Edge
from appliance.brain.hub import Hub
from appliance.brain.loop import Loop
from appliance.brain.prompting import Prompting
from appliance.brain.requests import Requests
from appliance.brain.screens import Screens
from appliance.brain.status import BoxFacts, StatusTree
from appliance.brain.upkeep import Upkeep
from appliance.brain.watch import ClockWatch, DiskWatch
from appliance.brain.workers import Workers
from appliance.clock import SteadyClock
from appliance.config.box import BoxConfig
from appliance.core import alarm
from appliance.core import events as ev
from appliance.core.directory import Directory
from appliance.core.engine import Engine
from appliance.ipc.server import serve
from appliance.ops.notify import Notifier
from appliance.prompts import PromptStore
from appliance.prompts.music import music_on_hold
from appliance.prompts.tones import read_tones, tone_files
from appliance.sip.box import edge_settings, edge_trunks
from appliance.sip.control import EdgeControl
from appliance.store.customers import Customers
from appliance.store.db import Database, open_database
from appliance.store.directory import DirectoryStore
from appliance.store.journal import Journal, Kept
from appliance.store.lookups import Lookups
from appliance.store.users import Users

log = logging.getLogger(__name__)

TONES = Path(__file__).parents[2] / "hw" / "tones" / "tones.json"


def run(config: BoxConfig, config_file: Path) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code."""

    async def serve_until_told() -> None:
        service = Service(config, config_file)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, service.stop)
        await service.run()

    asyncio.run(serve_until_told())
    return 0


class Service:
    """One brain."""

    def __init__(self, config: BoxConfig, config_file: Path) -> None:
        self._config = config
        self._config_file = config_file
        self._stopping = asyncio.Event()
        self._workers: Workers | None = None

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Open, serve, close."""
        directories = self._config.directories
        for directory in (directories.state, directories.run, directories.recordings, directories.cache):
            directory.mkdir(parents=True, exist_ok=True)
        account = self._config.sip.account
        readers_gid = pwd.getpwnam(account).pw_gid if account else None
        database = await open_database(directories.database, readers_gid=readers_gid)
        try:
            await self._serve(database)
        finally:
            await database.close()

    async def _serve(self, database: Database) -> None:
        config = self._config
        clock = SteadyClock(database.anchor)
        notifier = Notifier()
        prompts = PromptStore(config.directories.cache / "prompts", config.directories.prompts)
        await prompts.load_recordings()
        store = DirectoryStore(
            database, clock, realm=config.sip.realm, demo=config.demo, prompts=lambda: prompts.recorded_names
        )
        if await store.is_empty():
            imported = await store.import_config(config)
            if imported.admin_password:
                log.warning("login admin: the password made up for it is %s (shown once)", imported.admin_password)
            for extension, secret in imported.secrets.items():
                log.warning("extension %s: the SIP password made up for it is %s (shown once)", extension, secret)
        journal = await Journal.open(database, on_kept=self._kept, on_failing=lambda why: failing(loop, why))
        loop = Loop(Engine(), journal, clock)
        replayed = await loop.recover()
        log.info("replayed %d messages, %d contacts are open", replayed, len(loop.engine.state.contacts))
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            control = await stack.enter_async_context(EdgeControl(edge_settings(config)))
            edge = Edge(control, edge_settings(config).event_address)
            box = BoxFacts(version=version("switchroom"), started_at=clock.now(), demo=config.demo)
            screens = Screens(StatusTree(loop, box), clock)
            customers, users = Customers(database, clock), Users(database, clock)
            directory = await store.load()
            music, tones = await asyncio.to_thread(self._sounds, directory.site.country)
            loop.out = dispatch = Dispatch(
                screens=screens,
                prompting=Prompting(
                    prompts, music=lambda name: prompts.music(name) or music, tone=tones.get, tasks=tasks
                ),
                edge=edge,
                customers=customers,
                lookups=Lookups(database),
                tasks=tasks,
                tell=loop.tell,
            )
            self._workers = workers = Workers(loop, dispatch, tasks, await journal.source_seqs())

            upkeep = Upkeep(config, database, prompts, users)

            async def directory_changed(directory: Directory) -> None:
                edge.set_trunks(edge_trunks(directory, await store.trunk_secrets()))
                upkeep.directory_changed()
                locked_out = await store.cannot_register([extension.number for extension in directory.extensions])
                if locked_out or alarm.PHONES in loop.engine.state.alarms:
                    loop.tell(ev.PhonesChecked(cannot_register=tuple(locked_out)))

            requests = Requests(
                loop,
                directory=store,
                users=users,
                customers=customers,
                changed=directory_changed,
                phones_changed=edge.forget_phones,
                demo_config=str(self._config_file) if config.demo else None,
            )
            writing = tasks.create_task(journal.run())
            loop.take(ev.BrainStarted())
            if directory != loop.engine.state.directory:
                loop.take(ev.DirectoryChanged(directory=directory))
            await directory_changed(directory)
            watch = DiskWatch(config.directories.recordings, config.media.min_free_mb * 1_000_000)
            for_ever = [
                tasks.create_task(work)
                for work in (
                    edge.listen(loop),
                    edge.carry_out(),
                    loop.keep_days(),
                    loop.keep_snapshots(),
                    watch.run(loop, box),
                    ClockWatch(clock.drift_s).run(loop),
                    upkeep.speak_ahead(loop),
                    upkeep.tidy(loop),
                    notifier.keep_beating(),
                )
            ]
            async with serve(config.directories.brain_socket, Hub(loop, workers, screens, requests, tasks)):
                workers.expect(all_heard=loop.start)
                notifier.ready()
                log.info("the brain is ready")
                await self._stopping.wait()
                notifier.stopping()
            loop.stop()
            await requests.close()
            await loop.save_snapshot()
            for task in for_ever:
                task.cancel()
            await workers.close()
            await journal.close()
            await writing

    def _kept(self, kept: Kept) -> None:
        if self._workers is not None:
            self._workers.kept(kept)

    def _sounds(self, country: str) -> tuple[Path, dict[str, Path]]:
        """The box's own music and the country's tones, made unless they are there."""
        directory = self._config.directories.cache / "sounds"
        directory.mkdir(parents=True, exist_ok=True)
        return music_on_hold(directory).absolute(), {
            name: path.absolute() for name, path in tone_files(directory, country, read_tones(TONES)).items()
        }


def failing(loop: Loop, why: str) -> None:
    """Tell the log, and the administrator by an alarm, that the disk takes nothing (or takes it again)."""
    if why:
        log.error("the journal cannot be written: %s", why)
    else:
        log.warning("the journal can be written again")
    loop.tell(ev.StoreChanged(failing=why))
