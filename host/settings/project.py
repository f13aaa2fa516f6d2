"""`inkling.toml`, read and checked by the rules of firmware/config.py."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from host import ROOT
from host.errors import UserError
from host.progress import Progress

FILE = "inkling.toml"
AUTO = "auto"
CA_ON_BOARD = "ca.der"

_LEAST_LIKENESS = 0.7  # of a word that is no setting to the one that was meant perhaps


@dataclass(frozen=True)
class Project:
    """Settings that are known to be good."""

    path: Path
    given: dict = field(default_factory=dict)
    """What the file sets, as it sets it."""

    @property
    def config(self) -> dict:
        """What goes into the board's config.json: what is set, and where the certificate is there."""
        return {**self.given, "ca": CA_ON_BOARD}

    @property
    def complete(self) -> dict:
        """Every setting, with the firmware's defaults for those that are not set."""
        from firmware import config

        return {**config.check(self.config), "ca": self.ca}

    @property
    def ca(self) -> str:
        """`auto`, or the certificate's file as the settings name it."""
        return self.given.get("ca", AUTO)

    def ca_der(self, progress: Progress) -> bytes:
        """The certificate that the board is to trust, as DER; raises UserError."""
        from host.settings import ca

        settings = self.complete
        if self.ca == AUTO:
            return ca.root_of(settings["host"], settings["port"], progress)
        return ca.from_file(self.path.parent / self.ca)

    def check_ca(self) -> None:
        """Raise UserError if the certificate is a file that the board could not use."""
        from host.settings import ca

        if self.ca != AUTO:
            ca.from_file(self.path.parent / self.ca)


def load(path: Path | None = None) -> Project:
    """The settings in `path` (default: the checkout's); a missing file of the checkout means defaults.

    Raises UserError, which names file, line, key and what may stand there.
    """
    given_path = path
    path = path or ROOT / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        if given_path is None:
            return Project(path)
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not UTF-8 text; save it as such") from None
    return parse(text, path)


def parse(text: str, path: Path) -> Project:
    """The settings in this text, which is or will be in `path`; raises UserError as `load`."""
    from firmware import config

    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(_toml_trouble(path, error)) from None
    ca = given.get("ca", AUTO)
    if not isinstance(ca, str) or not ca:
        raise UserError(f'{_place(path, "ca", text)}: ca must be "auto" or a PEM or DER file')
    try:
        # The board's check tells of its own `ca`, which is not what the PC's file names.
        config.check({**given, "ca": CA_ON_BOARD})
    except config.ConfigError as error:
        key = str(error).partition(" ")[0]
        raise UserError(f"{_place(path, key, text)}: {error}{_hint(key)}") from None
    return Project(path, given)


def names() -> list[str]:
    """The names of all settings, as people would look for them."""
    from firmware import config

    settings = list(config.check({}))
    first = ["pairs", "depth", "levels", "imbalance_threshold", "spread_threshold_bps"]
    first += ["host", "port", "path", "ca"]
    return first + [key for key in settings if key not in first]


def _hint(key: str) -> str:
    import difflib

    known = names()
    if key in known:
        return ""
    close = difflib.get_close_matches(key, known, n=1, cutoff=_LEAST_LIKENESS)
    return f"; {close[0]} is" if close else "; `inkling config` lists them"


def unknown(key: str) -> UserError:
    """What to say of a key that is no setting."""
    return UserError(f"{key} is not a setting{_hint(key)}")


def _place(path: Path, key: str, text: str) -> str:
    """File and line where this key is set; only the file if it is not, or cannot be found."""
    pattern = re.compile(rf"""^\s*\[*\s*["']?{re.escape(key)}["']?\s*[.=\]]""")
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.match(line):
            return f"{path}:{number}"
    return str(path)


def _toml_trouble(path: Path, error: tomllib.TOMLDecodeError) -> str:
    match = re.search(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)", str(error))
    if not match:
        return f"{path}: is not TOML: {error}"
    what = match[1][0].lower() + match[1][1:]
    return (
        f"{path}:{match[2]}: is not TOML: {what}"
        if match[2]
        else f"{path}: is not TOML: {what} at its end"
    )
