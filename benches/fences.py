#!/usr/bin/env python3
"""Places in fences beside shapely, on the same data in one run, and a city's fleet once a second.

    benches/fences.py --peers DIR --peer-python PYTHON [--rounds N]

peers/geofence.py makes 10,000 polygons and 1,000,000 places, asks shapely, and writes what it asked;
rules/examples/matching.rs asks the same and fails unless it finds every pair. Without --peers only the fleet is run:
100,000 objects at 1 Hz against 10,000 fences of 30 corners. Points per CPU second; trust the ratios.
"""
import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ROOT / "target/release/examples/matching"
BULK = "shapely: tree of zones, then prepared contains_xy"
SINGLE = "shapely: one point at a time (live)"


def lines(command):
    told = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, cwd=ROOT)
    return [json.loads(line) for line in told.stdout.splitlines()]


def beside(peers, python, rounds):
    rates = {BULK: [], SINGLE: [], "xunjian": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for row in lines([python, peers / "geofence.py", "--runs", 2, "--export", folder]):
                if row["what"] in rates:
                    rates[row["what"]].append(row["points_per_cpu_second"])
            ours = lines([OURS, folder])[-1]
            rates["xunjian"].append(ours["points"] / ours["cpu_seconds"])
    print(f"places in fences, {rounds} rounds in turn, median (min .. max), all {ours['pairs']} pairs found")
    for name, found in rates.items():
        print(f"{name:50} {statistics.median(found):12,.0f} ({min(found):,.0f} .. {max(found):,.0f}) places per CPU second")
    for name in (BULK, SINGLE):
        ratios = [mine / theirs for mine, theirs in zip(rates["xunjian"], rates[name])]
        print(f"xunjian / {name}: {statistics.median(ratios):.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--peer-python", default="python3")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    if args.peers:
        beside(args.peers.resolve(), args.peer_python, args.rounds)
    fleet = lines([OURS, "moving"])[-1]
    print(f"{fleet['objects']} objects at 1 Hz for {fleet['seconds']} s: {fleet['cpu_seconds']:.2f} CPU s, "
          f"{fleet['head_room']:.0f} times real time; {fleet['with_objects_mb']:.0f} MB")


if __name__ == "__main__":
    main()
