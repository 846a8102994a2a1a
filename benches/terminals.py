#!/usr/bin/env python3
"""Many terminals (JT/T 808) over real TCP: is every position acknowledged, and how dear is it?

    benches/terminals.py --port 7611 --terminals 10000 --every 10 --seconds 600

Needs a running program with `[terminals] register = "anybody"`, and `ulimit -n` above the number of terminals on
both sides. Prints positions sent, acknowledged and given up, and how long an acknowledgement took; with --pid also
CPU and memory of the program. Compare with `SELECT count(*) FROM terminal_positions` afterwards.
"""

import argparse
import asyncio
import os
import random
import time

ESCAPES = {0x7E: b"\x7d\x02", 0x7D: b"\x7d\x01"}


def frame(message, phone, serial, body):
    plain = message.to_bytes(2) + len(body).to_bytes(2) + bytes.fromhex(f"{phone:012d}") + serial.to_bytes(2) + body
    check = 0
    for byte in plain:
        check ^= byte
    inner = b"".join(ESCAPES.get(byte, bytes([byte])) for byte in plain + bytes([check]))
    return b"\x7e" + inner + b"\x7e"


async def answer(reader):
    """Message id and body of the next frame; of the form of 2013, as was sent."""
    inner = b""
    while not inner:
        inner = (await reader.readuntil(b"\x7e"))[:-1]
    plain = inner.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    return int.from_bytes(plain[:2]), plain[12:-1]


def position(now):
    stamp = bytes.fromhex(time.strftime("%y%m%d%H%M%S", time.gmtime(now + 8 * 3600)))
    place = (30_894_300 + random.randrange(9999)).to_bytes(4) + (120_086_800 + random.randrange(9999)).to_bytes(4)
    more = bytes.fromhex("0104000000640202007d30011931010e")
    return bytes(4) + (3).to_bytes(4) + place + bytes.fromhex("000c01640057") + stamp + more


class Run:
    def __init__(self, args):
        self.args = args
        self.sent = self.acknowledged = self.failed = 0
        self.waits = []

    async def terminal(self, number):
        args, phone = self.args, 13_000_000_000 + number
        try:
            # Not all at the same instant.
            await asyncio.sleep(args.ramp * number / args.terminals)
            reader, writer = await asyncio.open_connection(args.host, args.port)
            body = bytes(4) + bytes(5 + 20 + 7) + b"\x02" + b"TEST%d" % number
            writer.write(frame(0x0100, phone, 0, body))
            message, told = await answer(reader)
            assert message == 0x8100 and told[2] == 0, told
            writer.write(frame(0x0102, phone, 1, told[3:]))
            message, told = await answer(reader)
            assert told[4] == 0, told
            self.ready.release()
            await self.begin.wait()
            await asyncio.sleep(random.random() * args.every)
            serial, ends = 2, time.monotonic() + args.seconds
            while time.monotonic() < ends:
                started = time.monotonic()
                self.sent += 1
                writer.write(frame(0x0200, phone, serial, position(time.time())))
                message, told = await asyncio.wait_for(answer(reader), 60)
                assert message == 0x8001 and told == serial.to_bytes(2) + b"\x02\x00\x00", told
                self.acknowledged += 1
                self.waits.append(time.monotonic() - started)
                serial += 1
                await asyncio.sleep(max(0, started + args.every - time.monotonic()))
            writer.close()
        except (OSError, AssertionError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.failed += 1
            if self.failed < 5:
                print(f"terminal {number}: {error!r}", flush=True)
            self.ready.release()

    async def all(self):
        self.ready, self.begin = asyncio.Semaphore(0), asyncio.Event()
        tasks = [asyncio.create_task(self.terminal(n)) for n in range(self.args.terminals)]
        for _ in tasks:
            await self.ready.acquire()
        print(f"{self.args.terminals - self.failed} terminals signed on", flush=True)
        before, began = usage(self.args.pid), time.monotonic()
        self.begin.set()
        await asyncio.gather(*tasks)
        self.tell(before, time.monotonic() - began)

    def tell(self, before, took):
        waits = sorted(self.waits) or [0]
        at = lambda part: waits[min(len(waits) - 1, int(part * len(waits)))] * 1000
        print(f"positions: {self.sent} sent, {self.acknowledged} acknowledged, {self.failed} terminals failed, {took:.0f} s")
        print(f"acknowledged after: median {at(0.5):.0f} ms, 99 % {at(0.99):.0f} ms, longest {waits[-1] * 1000:.0f} ms")
        if self.args.pid:
            after = usage(self.args.pid)
            print(f"program: {(after[0] - before[0]) / took * 100:.1f} % of one core, {after[1]} resident, at most {after[2]}")


def usage(pid):
    """CPU seconds, resident memory, and its highest."""
    if not pid:
        return None
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status") if ":" in line)
    return seconds, status["VmRSS"].strip(), status["VmHWM"].strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--terminals", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=10, help="seconds between two positions of a terminal")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--ramp", type=float, default=20, help="seconds over which terminals connect")
    parser.add_argument("--pid", type=int, help="of the program, to measure it")
    asyncio.run(Run(parser.parse_args()).all())


if __name__ == "__main__":
    main()
