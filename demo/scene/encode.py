# SPDX-License-Identifier: Apache-2.0
"""From clean frames to what a cheap camera delivers: slight softness, sharpening, sensor grain, H.264."""

import subprocess

import cv2
import numpy as np


def camera_look(img, number, grain):
    """Grain is drawn from the frame's number, so a rerun gives the same picture."""
    noise = np.random.default_rng(number).normal(0, 1, img.shape).astype(np.float32)
    f = img.astype(np.float32)
    f += 0.4 * (f - cv2.GaussianBlur(f, (0, 0), 1.2))
    f += cv2.GaussianBlur(noise, (0, 0), 0.6) * grain * 1.6
    return np.clip(f, 0, 255).astype(np.uint8)


def clip(raw, frames, fps, path, grain=1.5, crf=24, taken=None):
    """One key frame a second and no B-frames: a recording can be cut at any second. `taken`: UTC, for the container."""
    first = cv2.imread(str(raw / "00000.png"))
    size, gop = f"{first.shape[1]}x{first.shape[0]}", str(round(fps))
    command = [
        "ffmpeg",
        "-y",
        "-loglevel",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "bgr24",
        "-s",
        size,
        "-r",
        str(fps),
        "-i",
        "-",
    ]
    command += [
        "-c:v",
        "libx264",
        "-preset",
        "slow",
        "-profile:v",
        "main",
        "-crf",
        str(crf),
        "-pix_fmt",
        "yuv420p",
        "-threads",
        "1",
    ]
    command += ["-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-bf", "0", "-movflags", "+faststart", str(path)]
    if taken:
        command[-1:] = ["-metadata", f"creation_time={taken}", str(path)]
    path.parent.mkdir(parents=True, exist_ok=True)
    out = subprocess.Popen(command, stdin=subprocess.PIPE)
    for i in range(frames):
        out.stdin.write(camera_look(cv2.imread(str(raw / f"{i:05}.png")), i, grain).tobytes())
    out.stdin.close()
    if out.wait():
        raise SystemExit(f"ffmpeg failed on {path.name}")


def picture(raw, number, path, grain=1.5):
    path.parent.mkdir(parents=True, exist_ok=True)
    look = camera_look(cv2.imread(str(raw / f"{number:05}.png")), number, grain)
    cv2.imwrite(str(path), look, [cv2.IMWRITE_JPEG_QUALITY, 90])
