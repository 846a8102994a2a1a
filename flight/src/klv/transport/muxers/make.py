"""KLV in transport streams that other multiplexers wrote: three packets, one a second.

Run with PyAV (18.1, libavformat 62) and GStreamer 1.22 in this folder: python3 make.py

No multiplexer at hand writes synchronous KLV (stream type 0x15, behind metadata cell headers), so
libavformat's stream of cells gets that type by hand; what libavformat then reads from it is checked.
"""

import struct
import subprocess
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

HERE = Path(__file__).parent
LABEL = bytes.fromhex("060e2b34020b01010e01030101000000")
COUNT = 3


def klv(second):
    items = [
        (2, struct.pack(">Q", (1_700_000_000 + second) * 1_000_000)),
        (13, struct.pack(">i", round(30 / 90 * (2**31 - 1)))),
        (14, struct.pack(">i", round(120 / 180 * (2**31 - 1)))),
        (15, struct.pack(">H", round((100 + 900) / 19_900 * 65_535))),
    ]
    value = b"".join(bytes([tag, len(item)]) + item for tag, item in items) + bytes([1, 2])
    whole = LABEL + bytes([len(value) + 2]) + value
    words = whole + b"\0" * (len(whole) % 2)
    total = sum(int.from_bytes(words[at : at + 2], "big") for at in range(0, len(words), 2))
    return whole + struct.pack(">H", total & 0xFFFF)


def cell(second, packet):
    return bytes([0, second, 0xDF]) + struct.pack(">H", len(packet)) + packet


def libavformat(path, wrap):
    options = {"pat_period": "60", "sdt_period": "60"}
    with av.open(str(path), "w", format="mpegts", options=options) as out:
        video = out.add_stream("mpeg2video", rate=25)
        video.width = video.height = 16
        video.pix_fmt = "yuv420p"
        video.gop_size = 100
        data = out.add_data_stream("klv")
        for second in range(COUNT):
            frame = av.VideoFrame.from_ndarray(np.full((16, 16, 3), 99, np.uint8), format="rgb24")
            frame.pts = second * 25
            out.mux(video.encode(frame))
            packet = av.Packet(wrap(second, klv(second)))
            packet.stream, packet.time_base = data, Fraction(1)
            packet.pts = packet.dts = second
            out.mux(packet)
        out.mux(video.encode(None))


def gstreamer(path):
    with TemporaryDirectory() as folder:
        for second in range(COUNT):
            Path(folder, f"{second}.klv").write_bytes(klv(second))
        caps = "meta/x-klv,parsed=(boolean)true,framerate=(fraction)1/1"
        pipeline = f"""mpegtsmux name=mux si-interval=900000 pat-interval=900000 pmt-interval=900000
            ! filesink location={path}
            videotestsrc num-buffers={COUNT} pattern=black ! video/x-raw,width=16,height=16,framerate=1/1
            ! x264enc key-int-max=100 bframes=0 ! h264parse ! mux.
            multifilesrc location={folder}/%d.klv stop-index={COUNT - 1} caps="{caps}" ! mux."""
        subprocess.run(["gst-launch-1.0", "-q", *pipeline.replace('"', "").split()], check=True)


def crc(section):
    total = 0xFFFFFFFF
    for byte in section:
        total ^= byte << 24
        for _ in range(8):
            total = ((total << 1) ^ (0x04C11DB7 if total & 0x80000000 else 0)) & 0xFFFFFFFF
    return struct.pack(">I", total)


def as_synchronous(stream):
    """Private data (0x06) becomes metadata in PES (0x15) in every program map."""
    stream = bytearray(stream)
    for at in range(0, len(stream), 188):
        starts, pid = stream[at + 1] & 0x40, (stream[at + 1] & 0x1F) << 8 | stream[at + 2]
        if pid == 0x1000 and starts:
            section = at + 5
            end = section + 3 + ((stream[section + 1] & 0xF) << 8 | stream[section + 2])
            entry = section + 12
            while entry < end - 4:
                stream[entry] = 0x15 if stream[entry] == 0x06 else stream[entry]
                entry += 5 + ((stream[entry + 3] & 0xF) << 8 | stream[entry + 4])
            stream[end - 4 : end] = crc(stream[section : end - 4])
    return bytes(stream)


libavformat(HERE / "libavformat_async.ts", lambda _, packet: packet)
libavformat(HERE / "libavformat_cells.ts", cell)
cells = HERE / "libavformat_cells.ts"
sync = HERE / "libavformat_sync.ts"
sync.write_bytes(as_synchronous(cells.read_bytes()))
with av.open(str(sync), format="mpegts") as file:
    read = [bytes(packet) for packet in file.demux() if packet.stream.type == "data" and packet.size]
assert read == [klv(second) for second in range(COUNT)], read
gstreamer(HERE / "gstreamer_async.ts")
