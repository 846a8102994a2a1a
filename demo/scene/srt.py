# SPDX-License-Identifier: Apache-2.0
"""Drone poses as DJI subtitle telemetry."""

import time

START = 1790000000  # 2026-09-21 in UTC


def write(path, poses, fps):
    path.write_text("\n".join(_block(i, pose, fps) for i, pose in enumerate(poses)), encoding="utf-8")


def _block(i, p, fps):
    t = i / fps
    clock = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(START + int(t))) + f".{round(t * 1000) % 1000:03}"
    focal = 36 * p["focal_px"] / 640
    return (
        f"{i + 1}\n{_stamp(t)} --> {_stamp((i + 1) / fps)}\n"
        f'<font size="28">FrameCnt: {i + 1}, DiffTime: {round(1000 / fps)}ms\n{clock}\n'
        "[iso: 100] [shutter: 1/1000.0] [fnum: 2.8] [ev: 0] [color_md: default] "
        f"[focal_len: {focal:.2f}] [latitude: {p['latitude']:.7f}] [longitude: {p['longitude']:.7f}] "
        f"[rel_alt: {p['rel_alt']:.3f} abs_alt: {p['abs_alt']:.3f}] [ct: 5500] "
        f"[gb_yaw: {p['gimbal_yaw']:.1f} gb_pitch: {p['gimbal_pitch']:.1f} gb_roll: 0.0] </font>\n"
    )


def _stamp(t):
    ms = round(t * 1000)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"
