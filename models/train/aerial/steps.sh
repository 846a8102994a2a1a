#!/usr/bin/env bash
# The steps of the aerial detector, called by ../train.sh: sprites, training, export, figures.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

environment "$OUT/venv" "$here/requirements.txt"
environment "$OUT/sprites-venv" "$here/sprites-requirements.txt"
python3 "$MODELS/fetch.py" --only nanodet-g
start=$MODELS/cache/nanodet-g.onnx

cd "$here/.."
echo "train: rendering sprites"
"$OUT/sprites-venv/bin/python" -m aerial.sprites --out "$OUT/sprites" > "$OUT/sprites.log" 2>&1
python=$OUT/venv/bin/python
# Threads that wait for each other by spinning lose to whatever else the machine does.
export OMP_WAIT_POLICY=PASSIVE
"$python" -m aerial.train --data "$DATA" --sprites "$OUT/sprites" --start "$start" --out "$OUT/run" --threads "$THREADS"
"$python" -m aerial.export "$OUT/run/net.pt" "$OUT/aerial.onnx"
"$python" -m aerial.quantise --data "$DATA" "$OUT/run/net.pt" "$OUT/aerial-int8.onnx"
for part in dev test; do
    "$python" -m aerial.measure --data "$DATA" --part "$part" --sprites "$OUT/sprites" --json "$OUT/$part.json" \
        "$OUT/aerial.onnx" "$start"
done
