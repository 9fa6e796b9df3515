"""The demonstration box: its configuration in a directory of its own, made from the example that comes with us.

Made once and then left alone: it is the newcomer's to change.
"""

import shutil
from importlib import resources
from pathlib import Path

DIRECTORY = Path("var/demo")
"""Below the working directory: `make run` starts in the checkout."""
FILE = DIRECTORY / "switchroom.toml"


def make(directory: Path = DIRECTORY) -> Path:
    """The configuration file of the demonstration below `directory`, which is made if it is not there. OSError."""
    file = directory / FILE.name
    if not file.exists():
        directory.mkdir(parents=True, exist_ok=True)
        with resources.as_file(resources.files("appliance.config")) as ours:
            shutil.copytree(ours / "flows", directory / "flows", dirs_exist_ok=True)
            shutil.copyfile(ours / "example.toml", file)
    return file
