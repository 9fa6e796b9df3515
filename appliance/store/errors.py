"""What can go wrong with the store. Every text is a sentence for the administrator, with what to do next.

`StoreError` is the root. Transient (`StoreBusyError`, `StoreFailingError`): it is tried again, or try
again. Permanent (`StoreDamagedError`, `StoreTooNewError`, `StoreUnreachableError`): report it. Their fault
(`EntryError`): tell the person.
"""

from collections.abc import Sequence

from appliance.config.decode import Fault


class StoreError(Exception):
    """Root of the package."""


class StoreBusyError(StoreError):
    """Another program holds the database."""


class StoreFailingError(StoreError):
    """The disk is full or does not take writes. What was to be kept is still held in memory and is tried
    again.
    """


class StoreOverflowError(StoreError):
    """So much waits to be written that nothing more is taken. The row was NOT taken."""


class StoreDamagedError(StoreError):
    """The file is not a database of ours, or its content is broken."""


class StoreTooNewError(StoreError):
    """A newer version of the program has written this database."""


class StoreUnreachableError(StoreError):
    """The file or its directory cannot be opened (missing, permissions, read-only disk)."""


class EntryError(StoreError):
    """What a person entered is refused; nothing was changed.

    `code` is for programs: `bad_entry`, `unknown_entry`, `in_use`. `faults` have the exact paths.
    """

    def __init__(self, code: str, faults: Sequence[Fault]) -> None:
        self.code = code
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in faults))


class LookUpError(StoreError):
    """A prepared look-up could not be answered in time, or is not there."""
