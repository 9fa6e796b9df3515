"""Reads a box's configuration file and everything it names, or refuses it with every fault and its exact
path.

Paths come back absolute (relative ones start from the file's directory) and secrets filled in from the
secrets file. What entries of `[import]` refer to each other is checked by `store/imports.py`, which knows
the directory's rules.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from msgspec import structs

from appliance.config import ports
from appliance.config.box import BoxConfig, Directories, Import, Secrets
from appliance.config.decode import DecodeError, Fault, decode
from appliance.core.flow import Flow
from appliance.core.flowfile import FlowError, load_flow

T = TypeVar("T")

MAX_FILE_BYTES = 1_000_000
"""A configuration beyond this is some other file."""

SECRETS_MODE = 0o600


class ConfigError(Exception):
    """The configuration cannot be used. One line per fault, each beginning with the file."""

    def __init__(self, file: Path, faults: tuple[Fault, ...]) -> None:
        self.file = file
        self.faults = faults
        super().__init__("\n".join(f"{file}: {fault}" for fault in faults))


def load_config(path: Path) -> BoxConfig:
    """The checked configuration. Raises ConfigError."""
    path = path.absolute()
    config = _read(path, BoxConfig)
    config = _resolve(config, path.parent)
    if config.secrets is not None:
        config = structs.replace(config, first=_with_secrets(config, config.secrets))
    faults = tuple(_faults(config))
    if faults:
        raise ConfigError(path, faults)
    return config


def load_flows(config: BoxConfig) -> tuple[Flow, ...]:
    """The flow files of `[import]`, decoded; what they mean together is checked on import. Raises
    ConfigError.
    """
    flows = []
    for file in config.first.flows:
        try:
            flows.append(load_flow(_text(file), file.stem))
        except FlowError as error:
            raise ConfigError(file, tuple(Fault(one.path, one.text) for one in error.faults)) from error
    return tuple(flows)


# --- reading ------------------------------------------------------------------------------------------------


def _read(path: Path, kind: type[T]) -> T:
    try:
        data = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, (Fault("$", f"this is not TOML: {error}"),)) from error
    try:
        return decode(data, kind, hook=_to_path)
    except DecodeError as error:
        raise ConfigError(path, error.faults) from error


def _text(path: Path) -> str:
    """The file's text. Raises ConfigError when there is none."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(path, (Fault("$", "there is no such file"),)) from error
    except OSError as error:
        raise ConfigError(path, (Fault("$", f"the file cannot be read ({error.strerror})"),)) from error
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(path, (Fault("$", f"longer than {MAX_FILE_BYTES} bytes"),))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(path, (Fault("$", f"this is not UTF-8 text (byte {error.start})"),)) from error


def _to_path(kind: type, value: object) -> object:
    """msgspec does not know paths."""
    if kind is Path:
        if not isinstance(value, str):
            raise TypeError("Expected `Path`")
        if not value or "\0" in value:
            raise ValueError("An empty path")
        return Path(value)
    raise NotImplementedError(kind)


def _resolve(config: BoxConfig, base: Path) -> BoxConfig:
    """All paths absolute."""
    kept = config.directories
    places = {name: base / getattr(kept, name) for name in Directories.__struct_fields__}
    web = config.web
    return structs.replace(
        config,
        secrets=base / config.secrets if config.secrets is not None else None,
        directories=Directories(**places),
        web=structs.replace(
            web,
            certificate=base / web.certificate if web.certificate is not None else None,
            private_key=base / web.private_key if web.private_key is not None else None,
        ),
        first=structs.replace(config.first, flows=tuple(base / flow for flow in config.first.flows)),
    )


def _with_secrets(config: BoxConfig, file: Path) -> Import:
    """`[import]` with the passwords of the secrets file. Raises ConfigError."""
    secrets = _read(file, Secrets)
    mode = file.stat().st_mode & 0o777
    if mode & ~SECRETS_MODE:
        raise ConfigError(
            file,
            (Fault("$", f"its mode is {mode:04o}, so others may read it: chmod 600 it, and change its passwords"),),
        )
    first = config.first
    unknown = [
        *(("extensions", name) for name in secrets.extensions.keys() - {one.number for one in first.extensions}),
        *(("trunks", name) for name in secrets.trunks.keys() - {one.id for one in first.trunks}),
        *(("users", name) for name in secrets.users.keys() - {one.name for one in first.users}),
    ]
    if unknown:
        raise ConfigError(
            file,
            tuple(Fault(f"$.{table}.{name}", "[import] has nothing of this name") for table, name in sorted(unknown)),
        )
    return structs.replace(
        first,
        extensions=tuple(
            structs.replace(one, secret=one.secret or secrets.extensions.get(one.number, ""))
            for one in first.extensions
        ),
        trunks=tuple(structs.replace(one, secret=one.secret or secrets.trunks.get(one.id, "")) for one in first.trunks),
        users=tuple(
            structs.replace(one, password=one.password or secrets.users.get(one.name, "")) for one in first.users
        ),
    )


# --- what is wrong with a file that is well-formed ----------------------------------------------------------


def _faults(config: BoxConfig) -> Iterator[Fault]:
    yield from ports.faults(config)
    yield from _missing_files(config)
    yield from _clashing_directories(config.directories)


def _missing_files(config: BoxConfig) -> Iterator[Fault]:
    for index, flow in enumerate(config.first.flows):
        if not flow.is_file():
            yield Fault(f"$.import.flows[{index}]", f"there is no file {flow}")
    web = config.web
    for name, file in (("certificate", web.certificate), ("private_key", web.private_key)):
        if file is not None and not file.is_file():
            yield Fault(f"$.web.{name}", f"there is no file {file}")
    if (web.certificate is None) != (web.private_key is None):
        yield Fault("$.web", "certificate and private_key go together")


def _clashing_directories(directories: Directories) -> Iterator[Fault]:
    seen: dict[Path, str] = {}
    for name in Directories.__struct_fields__:
        place = getattr(directories, name)
        if place in seen:
            yield Fault(f"$.directories.{name}", f"the same as {seen[place]}: each needs its own")
        elif place.exists() and not place.is_dir():
            yield Fault(f"$.directories.{name}", f"{place} is not a directory")
        seen.setdefault(place, name)
    longest = directories.run / "kamailio" / "rpc.sock"
    if len(bytes(longest)) > MAX_SOCKET_PATH:
        yield Fault("$.directories.run", f"{directories.run} is too long for sockets; 80 bytes are fine")


MAX_SOCKET_PATH = 107
"""sun_path of unix(7) without its NUL."""
