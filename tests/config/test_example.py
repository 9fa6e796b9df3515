"""`example.toml` is complete, says the truth about defaults, and its demonstration content is valid."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec import Struct

from appliance.config.box import BoxConfig
from appliance.config.loader import load_config, load_flows
from appliance.store import imports

EXAMPLE = Path(__file__).parents[2] / "appliance" / "config" / "example.toml"

SHOWN_AS_COMMENT = {"secrets", "certificate", "private_key"}
"""Keys that would refer to files of the owner."""


def keys_used(data: object, path: str = "") -> Iterator[str]:
    """Dotted keys without list indices: `import.queues.ring_s`."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield f"{path}{key}"
            yield from keys_used(value, f"{path}{key}.")
    elif isinstance(data, list):
        for value in data:
            yield from keys_used(value, path)


def keys_known(kind: type[Struct], path: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        yield f"{path}{field.encode_name}"
        for inner in direct_structs(field.type):
            yield from keys_known(inner, f"{path}{field.encode_name}.")


def direct_structs(kind: object) -> list[type[Struct]]:
    if isinstance(kind, type) and issubclass(kind, Struct):
        return [kind]
    return [found for argument in get_args(kind) for found in direct_structs(argument)]


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


def test_it_is_valid() -> None:
    config = load_config(EXAMPLE)
    assert config.demo
    assert [flow.id for flow in load_flows(config)] == ["main", "survey"]
    plan = imports.plan(config, frozenset(), 1_795_000_000.0)
    assert [agent.id for agent in plan.directory.agents] == ["ann", "bob", "cora"]
    assert plan.made_up == {}


def test_every_key_is_shown(data: dict[str, Any]) -> None:
    missing = set(keys_known(BoxConfig)) - set(keys_used(data))
    text = EXAMPLE.read_text(encoding="utf-8")
    commented = {key for key in missing if re.search(rf"^# {key.rpartition('.')[2]} = ", text, re.MULTILINE)}
    assert {key.rpartition(".")[2] for key in commented} >= SHOWN_AS_COMMENT
    assert missing - commented <= {"import.trunks.user", "import.trunks.secret"} | {
        f"import.queues.{one}.{key}" for one in ("nobody", "overflow", "full") for key in ("target", "sentence")
    }


def test_the_sections_show_the_defaults(data: dict[str, Any]) -> None:
    """Outside of [import], values are the defaults unless a comment names the default."""
    text = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for section, kind in (("directories", "directories"), ("sip", "sip"), ("media", "media"), ("web", "web")):
        default = msgspec.json.decode(msgspec.json.encode(getattr(BoxConfig(), kind), enc_hook=str))
        for key, value in data[section].items():
            line = next(one for one in text if one.startswith(f"{key} = "))
            assert value == default[key] or "default:" in line, (section, key)


def test_the_demonstration_is_what_the_documents_say(data: dict[str, Any]) -> None:
    first = data["import"]
    assert [(one["number"], one["name"]) for one in first["extensions"]] == [
        ("101", "Ann"),
        ("102", "Bob"),
        ("103", "Cora"),
        ("104", "Dan"),
    ]
    assert [one["id"] for one in first["queues"]] == ["support", "sales"]
    assert {one["name"] for one in first["users"]} == {"admin", "supervisor", "ann", "bob", "tech"}
    (demo,) = first["trunks"]
    assert demo["sources"] == ["127.0.0.0/8"]
