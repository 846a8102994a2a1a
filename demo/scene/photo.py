# SPDX-License-Identifier: Apache-2.0
"""Puts into a JPEG what an aircraft writes there: EXIF with the local time, XMP in DJI's namespace."""

import struct

from .camera import LENS, MODEL, SERIAL, ZONE

ASCII, SHORT, LONG = 2, 3, 4


def stamp(jpeg, pose, taken):
    """The bytes of `jpeg` with a pose and an instant (with its zone) in front, in place of those it may have."""
    if jpeg[:2] != b"\xff\xd8":
        raise ValueError("this is no JPEG file")
    rest = jpeg[2:]
    while rest[:2] == b"\xff\xe1":
        rest = rest[2 + struct.unpack(">H", rest[2:4])[0] :]
    return jpeg[:2] + _app1(b"Exif\0\0" + _exif(taken)) + _app1(_XMP_NAME + _xmp(pose, taken)) + rest


_XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"


def _app1(payload):
    return b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload


def _xmp(p, taken):
    said = {
        "Version": "1.6",
        "ImageSource": "WideCamera",
        "GpsStatus": "Normal",
        "AltitudeType": "PressureAlt",
        "GpsLatitude": f"{p['latitude']:+.9f}",
        "GpsLongitude": f"{p['longitude']:+.9f}",
        "AbsoluteAltitude": f"{p['abs_alt']:+.3f}",
        "RelativeAltitude": f"{p['rel_alt']:+.3f}",
        "GimbalRollDegree": f"{p['gimbal_roll']:+.2f}",
        "GimbalYawDegree": f"{p['gimbal_yaw']:+.2f}",
        "GimbalPitchDegree": f"{p['gimbal_pitch']:+.2f}",
        "FlightRollDegree": "+0.00",
        "FlightYawDegree": f"{p['gimbal_yaw']:+.2f}",
        "FlightPitchDegree": "+0.00",
        "FlightXSpeed": "+0.0",
        "FlightYSpeed": "+0.0",
        "FlightZSpeed": "+0.0",
        "RtkFlag": "16",
        "CalibratedFocalLength": f"{LENS.focal:.6f}",
        "CalibratedOpticalCenterX": f"{LENS.width / 2:.6f}",
        "CalibratedOpticalCenterY": f"{LENS.height / 2:.6f}",
        "UTCAtExposure": f"{taken:%Y-%m-%dT%H:%M:%S}.{taken.microsecond:06}",
        "DroneModel": MODEL,
        "DroneSerialNumber": SERIAL,
    }
    attributes = "\n".join(f'   drone-dji:{name}="{value}"' for name, value in said.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n  <rdf:Description rdf:about=""\n'
        f'   xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"\n{attributes}/>\n'
        ' </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def _exif(taken):
    """A TIFF structure, little-endian: the main directory, then the one of the exposure."""
    local = f"{taken.astimezone(ZONE):%Y:%m:%d %H:%M:%S}"
    exposure = [
        (0x9003, ASCII, local),  # DateTimeOriginal, which has no zone
        (0xA002, LONG, LENS.width),
        (0xA003, LONG, LENS.height),
        (0xA405, SHORT, round(LENS.on_film)),
    ]
    main = [(0x010F, ASCII, "Demo"), (0x0110, ASCII, MODEL), (0x0132, ASCII, local)]
    start = 8 + _size([*main, (0x8769, LONG, 0)])
    return b"II*\0\x08\0\0\0" + _directory([*main, (0x8769, LONG, start)], 8) + _directory(exposure, start)


def _size(entries):
    return 6 + 12 * len(entries) + sum(len(v) for v in map(_value, entries) if len(v) > 4)


def _directory(entries, at):
    """The directory that begins at offset `at`, with the values that do not fit into it behind it."""
    out, behind = struct.pack("<H", len(entries)), b""
    end = at + 6 + 12 * len(entries)
    for entry in entries:
        tag, kind, said = entry
        value = _value(entry)
        count = len(said) + 1 if kind == ASCII else 1
        inside = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", end + len(behind))
        out += struct.pack("<HHI", tag, kind, count) + inside
        behind += value if len(value) > 4 else b""
    return out + b"\0\0\0\0" + behind


def _value(entry):
    _, kind, value = entry
    if kind == ASCII:
        return value.encode() + b"\0" * (1 + (len(value) + 1) % 2)  # values begin at even offsets
    return struct.pack("<H" if kind == SHORT else "<I", value)
