"""The schema: made by migrations, the same as `schema.py` says, and every released one comes up to date."""

import shutil
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from appliance.store import migrations, schema
from appliance.store.db import Database, open_database
from appliance.store.rebuild import rebuild
from appliance.store.views import Views

SAMPLES = Path(__file__).parents[1] / "data"


def test_the_head_is_what_the_revisions_say() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_current_head() == migrations.HEAD


async def test_the_migrations_make_what_the_schema_says(database: Database) -> None:
    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), schema.metadata)

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_check_constraints_and_storage_are_the_same_too(database: Database) -> None:
    """Autogenerate does not compare these."""
    engine = create_engine("sqlite://")
    with engine.begin() as fresh:
        schema.metadata.create_all(fresh)
        wanted = {row.name: squeezed(row.sql) for row in fresh.execute(text(TABLES))}
    engine.dispose()
    async with database.read() as connection:
        made = {row.name: squeezed(row.sql) for row in await connection.execute(text(TABLES))}
    del made["alembic_version"]
    assert made == wanted


TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL"


def squeezed(sql: str) -> tuple[str, ...]:
    """A CREATE TABLE without its line breaks and the order of its parts."""
    return tuple(sorted(part.strip(" \n\t)") for part in sql.replace("(\n", ",").replace("\n)", ",").split(",")))


async def test_kamailio_finds_the_columns_it_asks_for(database: Database) -> None:
    def columns(connection: Connection) -> list[str]:
        return [column["name"] for column in inspect(connection).get_columns("subscriber")]

    async with database.read() as connection:
        assert await connection.run_sync(columns) == ["username", "ha1"]


async def test_every_released_database_comes_up_to_date(tmp_path: Path) -> None:
    """Each release leaves a sample; its history is still there and folds to the same rows."""
    samples = sorted(SAMPLES.glob("store-*.sqlite"))
    assert f"store-{migrations.HEAD}.sqlite" in [sample.name for sample in samples]
    for sample in samples:
        path = tmp_path / sample.stem / "box.sqlite"
        path.parent.mkdir()
        shutil.copyfile(sample, path)
        database = await open_database(path)
        views = Views(path)
        before = views.contacts().contacts
        assert before
        assert rebuild(path) == len(before)
        assert views.contacts().contacts == before
        assert [user.name for user in views.users()] == ["admin", "ann", "bob", "supervisor", "tech"]
        assert views.entries("queue")
        views.close()
        await database.close()
