#!/usr/bin/env bash
# Makes a Python environment for the pipelines that `make bench` compares with: what a user would write in Python.
# Says its path on standard output. Made once; made anew when the pins change.
#   setup/peers.sh [openvino]
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:+-$1}
venv=target/peers$kind-venv
pins=setup/peers$kind-requirements.txt

if ! cmp --silent "$pins" "$venv/pins.txt"; then
    echo "setup: making a Python environment for the comparison ($venv)" >&2
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: --requirement "$pins" >&2
    # It asks for opencv-python, which would shadow the headless build; everything else it needs is pinned above.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: --no-deps trackers==2.6.1 >&2
    cp "$pins" "$venv/pins.txt"
fi
echo "$PWD/$venv"
