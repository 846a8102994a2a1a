# SPDX-License-Identifier: Apache-2.0
"""Drone poses as the subtitles of a DJI enterprise aircraft (bracketed, with the gimbal's angles)."""

from datetime import timedelta

from .camera import LENS, ZONE


def write(path, poses, fps, start):
    """`start` is the instant of the first frame, with its zone. The clock in the text is local, as cameras write it."""
    local = start.astimezone(ZONE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_block(i, pose, fps, local) for i, pose in enumerate(poses)), encoding="utf-8")


def _block(i, p, fps, start):
    clock = start + timedelta(seconds=i / fps)
    zoom = LENS.zoom(p["focal_px"])
    return (
        f"{i + 1}\n{_stamp(i / fps)} --> {_stamp((i + 1) / fps)}\n"
        f'<font size="28">FrameCnt: {i + 1}, DiffTime: {round(1000 / fps)}ms\n'
        f"{clock:%Y-%m-%d %H:%M:%S}.{clock.microsecond // 1000:03}\n"
        "[iso: 100] [shutter: 1/1000.0] [fnum: 2.8] [ev: 0] [color_md: default] "
        f"[focal_len: {LENS.on_film:.2f}] [dzoom_ratio: {round(10000 * zoom)}, delta:0],"
        f"[latitude: {p['latitude']:.7f}] [longitude: {p['longitude']:.7f}] "
        f"[rel_alt: {p['rel_alt']:.3f} abs_alt: {p['abs_alt']:.3f}] [ct: 5500] "
        f"[gb_yaw: {p['gimbal_yaw']:.1f} gb_pitch: {p['gimbal_pitch']:.1f} gb_roll: {p['gimbal_roll']:.1f}] </font>\n"
    )


def _stamp(t):
    ms = round(t * 1000)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"
