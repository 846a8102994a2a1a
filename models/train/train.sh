#!/usr/bin/env bash
# Trains a model of ours from a fresh clone: train.sh MODEL. Goes on where it was stopped. Everything lands in
# target/train/MODEL; the model that the program uses is replaced by hand, after its figures were looked at.
#   DATA     labelled pictures, shared/data/aerial; default: ../shared/data/aerial beside this repository
#   THREADS  default 2
set -euo pipefail
cd "$(dirname "$0")/../.."

model=${1:-}
here=models/train/$model
[ -n "$model" ] && [ -x "$here/steps.sh" ] || { echo "train: no model \`$model\`; there are: $(cd models/train && ls -d */ | tr -d /)" >&2; exit 2; }

# Makes a Python environment with the pins of $2 in $1, once, and again when they change.
environment() {
    if ! cmp --silent "$2" "$1/pins.txt"; then
        echo "train: making a Python environment ($1)" >&2
        rm -rf "$1"
        python3 -m venv "$1"
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: --requirement "$2" >&2
        cp "$2" "$1/pins.txt"
    fi
}

data=$(realpath "${DATA:-../shared/data/aerial}")
out=$PWD/target/train/$model
mkdir -p "$out"
export -f environment
OUT=$out DATA=$data THREADS=${THREADS:-2} MODELS=$PWD/models "$here/steps.sh"
