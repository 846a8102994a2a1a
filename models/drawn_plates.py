#!/usr/bin/env python3
"""Draws plates by GA 36 and hangs them in perspective into frames of the demo clips, to measure finding and reading.

    python3 models/drawn_plates.py OUT [--count 200]        needs numpy, opencv-python-headless, pillow, fonts-noto-cjk

Writes OUT/images/*.jpg and OUT/labels.json for `xunjian eval plates --find OUT/labels.json`. The same count gives the same
pictures. Letters are Noto Sans CJK, stretched to the boxes of the standard: they are not those of real plates, and dirt,
glare and bolts are missing.
"""

import argparse
import json
import random
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
CLIP = Path(__file__).resolve().parents[1] / "demo/clips/parking.mp4"
SIZE = (1280, 720)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
ANY = LETTERS + DIGITS * 3
INK = {"blue": (255, 255, 255), "black": (255, 255, 255)}
GROUND = {
    "blue": (25, 65, 165),
    "yellow": (240, 180, 25),
    "green": (130, 205, 140),
    "yellow-green": (130, 205, 140),
    "white": (235, 235, 235),
    "black": (20, 20, 20),
}
# colour, rows, what may stand at each place
KINDS = [
    *[("blue", 1, [PROVINCES, LETTERS, ANY, ANY, ANY, ANY, ANY])] * 4,
    *[("green", 1, [PROVINCES, LETTERS, "DF", ANY, DIGITS, DIGITS, DIGITS, DIGITS])] * 2,
    ("yellow-green", 1, [PROVINCES, LETTERS, DIGITS, DIGITS, DIGITS, DIGITS, DIGITS, "DF"]),
    ("yellow", 1, [PROVINCES, LETTERS, ANY, ANY, ANY, ANY, ANY]),
    *[("yellow", 2, [PROVINCES, LETTERS, ANY, ANY, ANY, ANY, ANY])] * 2,
    ("yellow", 2, [PROVINCES, LETTERS, ANY, ANY, ANY, ANY, "挂"]),
    ("white", 1, [PROVINCES, LETTERS, ANY, ANY, ANY, ANY, "警"]),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=200)
    args = parser.parse_args()
    (args.out / "images").mkdir(parents=True, exist_ok=True)
    streets, labels = frames(CLIP), []
    for number in range(args.count):
        rng = random.Random(number)
        colour, rows, places = KINDS[number % len(KINDS)]
        text = "".join(rng.choice(place) for place in places)
        plate = draw(text, colour, rows)
        picture, corners = hang(plate, rng.choice(streets), rng)
        name = f"{number:04}.jpg"
        cv2.imwrite(str(args.out / "images" / name), picture, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(70, 92)])
        labels.append({"file": name, "text": text, "colour": colour, "rows": rows, "corners": corners})
    (args.out / "labels.json").write_text(json.dumps(labels, ensure_ascii=False, indent=1), encoding="utf-8")


def frames(clip):
    """One frame a second, as wide as a camera of today gives it."""
    film, streets = cv2.VideoCapture(str(clip)), []
    while True:
        there, frame = film.read()
        if not there:
            return streets[::10]
        streets.append(cv2.resize(frame, SIZE, interpolation=cv2.INTER_CUBIC))


def draw(text, colour, rows):
    """The plate in millimetres, BGR."""
    wide, high = (480 if len(text) == 8 else 440), (140 if rows == 1 else 220)
    ink = INK.get(colour, (15, 15, 15))
    plate = Image.new("RGB", (wide, high), GROUND[colour])
    pen = ImageDraw.Draw(plate)
    if colour in ("green", "yellow-green"):
        for y in range(high):
            fade = y / high
            pen.line([(0, y), (wide, y)], fill=tuple(int(235 + (c - 235) * fade) for c in GROUND[colour]))
    if colour == "yellow-green":
        pen.rectangle([0, 0, 145, high], fill=GROUND["yellow"])
    pen.rounded_rectangle([5, 5, wide - 6, high - 6], 9, outline=ink, width=3)
    for character, box in zip(text, boxes(len(text), rows)):
        letter(plate, character, box, ink)
    return np.array(plate)[:, :, ::-1]


def boxes(count, rows):
    """Left, top, width, height of each character."""
    if rows == 2:
        return [(110, 15, 80, 60), (250, 15, 80, 60), *((27 + 80 * k, 90, 65, 110) for k in range(5))]
    step, width, gap = (57, 45, 22) if count == 7 else (52, 43, 49)
    return [(16 + step * k + (gap if k > 1 else 0), 25, width, 90) for k in range(count)]


def letter(plate, character, box, ink):
    left, top, width, height = box
    font = ImageFont.truetype(FONT, 100, index=2)
    x0, y0, x1, y1 = font.getbbox(character)
    mask = Image.new("L", (x1 - x0, y1 - y0), 0)
    ImageDraw.Draw(mask).text((-x0, -y0), character, font=font, fill=255)
    slim = width // 3 if character == "1" else width
    plate.paste(ink, (left + (width - slim) // 2, top), mask.resize((slim, height)))


def hang(plate, street, rng):
    """The picture with the plate in it, and its corners: from ahead, from the side, from above, a little tilted."""
    high, wide = plate.shape[:2]
    width = rng.uniform(45, 190)
    squeeze, slant, tilt = rng.uniform(0.75, 1.0), rng.uniform(-0.16, 0.16), rng.uniform(-0.06, 0.06)
    height = width * high / wide
    width *= squeeze
    far = 1 - 0.12 * abs(slant) / 0.16  # the far side is shorter
    left, right = (1.0, far) if slant > 0 else (far, 1.0)
    middle = np.array([rng.uniform(200, SIZE[0] - 200), rng.uniform(250, SIZE[1] - 100)])
    corners = np.array(
        [
            (-width / 2, -height / 2 * left - slant * width / 2),
            (width / 2 + tilt * height, -height / 2 * right + slant * width / 2),
            (width / 2, height / 2 * right + slant * width / 2),
            (-width / 2 - tilt * height, height / 2 * left - slant * width / 2),
        ]
    )
    corners = (corners + middle).astype(np.float32)
    # Drawn larger and made small: no pixel is passed over.
    finer = 2
    there = np.float32([(0, 0), (wide, 0), (wide, high), (0, high)])
    warp = cv2.getPerspectiveTransform(there, corners * finer)
    large = (SIZE[0] * finer, SIZE[1] * finer)
    drawn = cv2.resize(cv2.warpPerspective(plate, warp, large), SIZE, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(cv2.warpPerspective(np.full((high, wide), 255, np.uint8), warp, large), SIZE, interpolation=cv2.INTER_AREA)
    light = rng.uniform(0.45, 1.05)
    share = mask[:, :, None] / 255
    # The back of a vehicle around it, so that its edge is not the only thing there.
    body = np.array([rng.uniform(20, 200)] * 3) * light
    around = cv2.boundingRect((middle + (corners - middle) * (2.6, 3.2)).astype(np.float32))
    picture = street.astype(float)
    x, y, w, h = around
    picture[max(y, 0) : y + h, max(x, 0) : x + w] = body
    picture = picture * (1 - share) + drawn * light * share
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.0))
    picture += np.random.default_rng(rng.randrange(1 << 30)).normal(0, rng.uniform(2, 8), picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8), [[round(float(v), 2) for v in corner] for corner in corners]


if __name__ == "__main__":
    main()
