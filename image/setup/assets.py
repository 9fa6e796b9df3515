"""Scripts of other people that the panel loads: fetched by npm after the lock file, copied to
appliance/web/static/vendor.

Only ready-made browser modules and their licences are copied; nothing is bundled or compiled. The directory
is not kept in git; its stamp says from which lock file it was made.
"""

import hashlib
import shutil
from pathlib import Path

from image.setup.progress import Progress, SetupError, last_lines

FILES = {
    "preact.js": "htm/preact/standalone.module.js",  # preact, its hooks and htm in one module
    "preact.LICENSE.txt": "preact/LICENSE",
    "htm.LICENSE.txt": "htm/LICENSE",
    "wavesurfer.js": "wavesurfer.js/dist/wavesurfer.esm.js",
    "wavesurfer.LICENSE.txt": "wavesurfer.js/LICENSE",
}
"""Name in the vendor directory: path inside node_modules."""

MANIFEST = ("package.json", "package-lock.json")


class Assets:
    """The vendored scripts of `checkout`."""

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout
        self.place = checkout / "appliance" / "web" / "static" / "vendor"

    def are_ready(self) -> bool:
        """True when every file is there and was made from the present lock file."""
        stamp = self.place / "stamp"
        return (
            stamp.exists()
            and stamp.read_text(encoding="utf-8") == self._stamp()
            and all((self.place / name).exists() for name in FILES)
        )

    def fetch(self, log: Path, progress: Progress) -> None:
        """Fetch and copy them. SetupError when npm cannot, or a package no longer has a file."""
        npm = shutil.which("npm")
        if npm is None:
            raise SetupError("npm is missing: install the Debian package npm and run this again.")
        work = self._checkout / "node_modules"
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        if not progress.run(command, doing="fetch the panel's scripts", log=log, cwd=self._checkout):
            raise SetupError(
                f"npm could not fetch the panel's scripts: check the network and repeat; log: {log}.\n{last_lines(log)}"
            )
        if self.place.exists():
            shutil.rmtree(self.place)
        self.place.mkdir(parents=True)
        for name, path in FILES.items():
            if not (work / path).exists():
                raise SetupError(f"The npm package of {path} has no such file: correct image/setup/assets.py.")
            shutil.copyfile(work / path, self.place / name)
        (self.place / "stamp").write_text(self._stamp(), encoding="utf-8")

    def _stamp(self) -> str:
        digest = hashlib.sha256(repr(FILES).encode())
        for name in MANIFEST:
            digest.update((self._checkout / name).read_bytes())
        return digest.hexdigest()
