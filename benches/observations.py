#!/usr/bin/env python3
"""Observations over MQTT against the embedded broker: how many a second, durably, and how long until each is kept and judged?

    benches/observations.py [--seconds 20] [--rate 30000] [--each 50] [--sources 50] [--binary target/release/xunjian]

Starts the program in a folder of its own with a city's kerbs as fences (10,000, of 30 corners) and as many sources, publishes
with QoS 1, and waits for every PUBACK: it comes once the message is on disk. Of the objects every tenth stands in a fence, the
others drive. `--rate 0` publishes as fast as it is taken. The program tells until when each batch was judged (its own
histogram). Prints what was sent, acknowledged, how long it took, and CPU and memory of the program.
"""
import argparse
import json
import math
import os
import random
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LON, LAT = 120.0, 30.8
DEGREE = 111_320.0


def fences(count, corners):
    side = math.isqrt(count) + 1
    features = []
    for nth in range(count):
        east, north = (nth % side) * 1e-3, (nth // side) * 1e-3
        ring = [[LON + east + 1.5e-4 * math.cos(2 * math.pi * k / corners), LAT + north + 1e-4 * math.sin(2 * math.pi * k / corners)]
                for k in range(corners)]
        features.append({"type": "Feature", "id": f"f{nth}", "geometry": {"type": "Polygon", "coordinates": [ring + ring[:1]]},
                         "properties": {"name": str(nth), "kind": "no_parking"}})
    return json.dumps({"type": "FeatureCollection", "features": features})


def string(text):
    return len(text).to_bytes(2) + text


def variable(number):
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def packet(kind, body):
    return bytes([kind]) + variable(len(body)) + body


class Source(threading.Thread):
    """One connection that speaks for some of the sources."""

    def __init__(self, run, numbers):
        super().__init__(daemon=True)
        self.run_, self.numbers = run, numbers
        self.socket = socket.create_connection(("127.0.0.1", run.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(packet(0x10, string(b"MQTT") + bytes([4, 2, 0, 60]) + string(b"s%d" % numbers[0])))
        assert self.socket.recv(4)[3] == 0
        self.sent, self.waits, self.count = {}, [], 0
        self.room = threading.Semaphore(900)
        self.done = threading.Event()
        random.seed(numbers[0])
        self.east = {n: [random.random() * 0.09 for _ in range(run.args.each)] for n in numbers}

    def message(self, number, second, at):
        things = []
        for nth in range(self.run_.args.each):
            kerb = (number * self.run_.args.each + nth) % 9000
            stands = nth % 10 == 0
            east = (kerb % 101) * 1e-3 if stands else self.east[number][nth] + second * 1e-4
            north = (kerb // 101) * 1e-3 + (0 if stands else 5e-4)
            things.append('{"track":%d,"class":"car","score":0.91,"lon":%.7f,"lat":%.7f,"accuracy_m":0.8}'
                          % (nth, LON + east, LAT + north))
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%06dZ" % (at % 1 * 1e6)
        return ('{"at":"%s","observations":[%s]}' % (stamp, ",".join(things))).encode()

    def prepare(self, count, began, every):
        """Everything that will be sent, so that nothing but sending is timed: (when, packet)."""
        plan = []
        for nth in range(count):
            number = self.numbers[nth % len(self.numbers)]
            at = began + nth * every
            body = string(b"xunjian/observation/s%d" % number) + (nth % 65535 + 1).to_bytes(2)
            plan.append((nth * every, nth % 65535 + 1, packet(0x32, body + self.message(number, nth // len(self.numbers), at))))
        self.plan = plan

    def run(self):
        threading.Thread(target=self.hear, daemon=True).start()
        began = time.perf_counter()
        for when, number, bytes_ in self.plan:
            ahead = began + when - time.perf_counter()
            if self.run_.args.rate and ahead > 0.0005:
                time.sleep(ahead)
            self.room.acquire()
            self.sent[number] = time.perf_counter()
            self.socket.sendall(bytes_)
            self.count += 1
        self.done.wait(60)

    def hear(self):
        rest, heard = b"", 0
        while heard < len(self.plan):
            rest += self.socket.recv(65536)
            now = time.perf_counter()
            while len(rest) >= 4:
                assert rest[0] == 0x40, rest[:8]
                number = int.from_bytes(rest[2:4])
                self.waits.append(now - self.sent.pop(number))
                self.room.release()
                heard += 1
                rest = rest[2 + rest[1]:]
        self.done.set()


def usage(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status") if ":" in line)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(status["VmRSS"].split()[0])


def quantile(metrics, name, part):
    buckets = [(float(line.split('le="')[1].split('"')[0].replace("+Inf", "inf")), float(line.split()[-1]))
               for line in metrics.splitlines() if line.startswith(name + "_bucket")]
    total = buckets[-1][1] if buckets else 0
    return next((edge for edge, count in buckets if count >= part * total), None), total


class Run:
    def __init__(self, args):
        self.args = args
        ports = [socket.socket() for _ in range(2)]
        for one in ports:
            one.bind(("127.0.0.1", 0))
        self.port, self.http = (one.getsockname()[1] for one in ports)
        for one in ports:
            one.close()

    def start(self, folder):
        sources = "".join(f'[[source]]\nid = "s{n}"\nobservation = {{ mapping = "xunjian" }}\n' for n in range(self.args.sources))
        (folder / "fences.geojson").write_text(fences(self.args.fences, 30))
        (folder / "xunjian.toml").write_text(
            f'models_dir = "{ROOT}/models"\nsegments_dir = "{folder}/segments"\n[http]\nlisten = "127.0.0.1:{self.http}"\n'
            f'[mqtt]\nlisten = "127.0.0.1:{self.port}"\n[store]\ndatabase = "{folder}/x.db"\nevidence = "{folder}/evidence"\n'
            f'[detector]\nprovider = "cpu"\nmodel = "{self.args.model}"\n[rules]\nfences = ["fences.geojson"]\n'
            f'[rules.parking]\ndwell = "10min"\n[observations]\nahead = "10min"\n{sources}')
        self.program = subprocess.Popen([self.args.binary, "serve", "--config", folder / "xunjian.toml"], cwd=ROOT,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                assert self.program.poll() is None and time.monotonic() < deadline, "the program does not start"
                time.sleep(0.2)

    def metrics(self):
        return urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics").read().decode()

    def go(self):
        args = self.args
        connections = min(args.connections, args.sources)
        total = args.rate or 30_000
        messages = int(total * args.seconds / args.each / connections)
        every = args.each * connections / total
        lines = [Source(self, list(range(n, args.sources, connections))) for n in range(connections)]
        for line in lines:
            line.prepare(messages, time.time(), every)
        time.sleep(1)
        before, began = usage(self.program.pid), time.perf_counter()
        for line in lines:
            line.start()
        for line in lines:
            line.join()
        took = time.perf_counter() - began
        after = usage(self.program.pid)
        waits = sorted(wait for line in lines for wait in line.waits)
        at = lambda part: waits[min(len(waits) - 1, int(part * len(waits)))] * 1000
        sent = sum(line.count for line in lines)
        print(f"{sent:,} messages of {args.each} from {args.sources} sources, {args.fences:,} fences; {len(waits):,} acknowledged, durable")
        print(f"  {len(waits) * args.each / took:,.0f} observations/s, PUBACK median {at(0.5):.1f} ms, 99 % {at(0.99):.1f} ms, longest {waits[-1] * 1000:.0f} ms")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            metrics = self.metrics()
            judged, count = quantile(metrics, "xunjian_observation_judged_seconds", 0.99)
            kept, batches = quantile(metrics, "xunjian_observation_kept_seconds", 0.99)
            if count == batches:
                break
            time.sleep(0.2)
        print(f"  {batches:,.0f} transactions; 99 % of them judged within {judged} s of their first message (buckets); judged all: {count == batches}")
        print(f"  program: {(after[0] - before[0]) / took * 100:.0f} % of one core, {before[1] / 1024:.0f} MiB before, {after[1] / 1024:.0f} MiB after, "
              f"{(after[1] - before[1]) * 1024 / (args.each * args.sources):,.0f} bytes more per object followed")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=int, default=30_000, help="observations a second; 0: as fast as it goes")
    parser.add_argument("--each", type=int, default=50, help="observations in a message")
    parser.add_argument("--sources", type=int, default=50)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--fences", type=int, default=10_000)
    parser.add_argument("--model", default="nanodet-g")
    parser.add_argument("--binary", default=ROOT / "target/release/xunjian")
    args = parser.parse_args()
    run = Run(args)
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
        try:
            run.start(Path(folder))
            run.go()
        finally:
            run.program.terminate()
            run.program.wait()


if __name__ == "__main__":
    main()
