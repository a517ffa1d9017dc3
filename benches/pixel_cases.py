#!/usr/bin/env python3
"""Pixel art with truth, damaged as image models and screens damage it: what `drawstream pixelize` is measured on.

    pixel_cases.py OUT [--cases 48] [--seed 5000] [--sprites DIR]

Needs numpy, scipy and Pillow. Writes OUT/truth/ID.png, OUT/input/ID.png (768x768) and OUT/cases.json with each case's
size, colour budget and damage. Drawings: letters and shapes, isometric blocks, the built-in painter's pictures, and with
--sprites scenes of the PNGs in a folder (any sprites: they are reduced to the case's colours).

Damage, by a level from 1 (clean) to 4 (hard): a grid whose pitch is near 8 or not, shifted by parts of a pixel, drifting
and bent; soft, ringing, haloed or colour-shifted edges; jitter of cells, blotches, grain, uneven light, JPEG.
"""
import argparse, glob, io, json, math, os
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter, map_coordinates

SIDE = 768
EDGES = ["blur", "lanczos", "bilinear", "ring", "blur", "halo", "chroma"]


def colors(r, count=12):
    """Colours that an eye can tell apart, dark to light."""
    found = []
    while len(found) < count:
        c = r.integers(0, 256, 3)
        if all(np.abs(c - f).sum() > 70 for f in found):
            found.append(c)
    return np.array(sorted(found, key=lambda c: c.sum()), np.uint8)


def ground(n, r, pal):
    a = np.zeros((n, n, 3), np.uint8)
    kind = r.integers(0, 4)
    if kind == 0:
        a[:] = pal[r.integers(0, len(pal))]
    elif kind == 1:  # bands, dithered where they meet
        bands = pal[:int(r.integers(3, 6))]
        for y in range(n):
            i = y * len(bands) // n
            a[y] = bands[i]
            if y / n * len(bands) - i > 0.75 and i + 1 < len(bands):
                a[y, y % 2::2] = bands[i + 1]
    elif kind == 2:  # night, stars, hills
        a[:] = pal[0]
        for _ in range(int(r.integers(5, 60))):
            a[r.integers(0, n * 2 // 3), r.integers(0, n)] = pal[-1]
        for h in range(3):
            for x in range(n):
                top = int(n * (0.4 + 0.18 * h) + 8 * math.sin(x / 11 + h * 2))
                a[top:, x] = pal[2 + h]
    else:  # tiles with one-pixel joints
        t = int(r.integers(6, 14))
        y, x = np.mgrid[:n, :n]
        a[:] = np.where(((x % t == 0) | (y % t == 0))[..., None], pal[0], pal[1 + (x // t * 7 + y // t * 3) % 3])
    return a


def letters(n, r, _):
    pal = colors(r)
    im = Image.fromarray(ground(n, r, pal))
    d = ImageDraw.Draw(im)
    d.fontmode = "1"
    font = ImageFont.load_default_imagefont() if hasattr(ImageFont, "load_default_imagefont") else ImageFont.load_default()
    pick = lambda: tuple(int(v) for v in pal[r.integers(0, len(pal))])
    for word in r.choice(["GAME OVER", "SCORE 1024", "hello", "LEVEL 7", "x3", "insert coin"], 5):
        d.text((int(r.integers(-4, n - 30)), int(r.integers(0, n - 10))), str(word), fill=pick(), font=font)
    for _ in range(4):
        x, y, w, h = (int(v) for v in r.integers(5, n // 2, 4))
        [d.rectangle, d.ellipse, d.line][r.integers(0, 3)]((x, y, x + w, y + h), fill=pick())
        d.rectangle((y, x, y + h, x + w), outline=pick())
    return np.array(im)


def blocks(n, r, _):
    pal = [tuple(int(v) for v in c) for c in colors(r)]
    im = Image.new("RGB", (n, n), pal[0])
    d = ImageDraw.Draw(im)
    w = int(r.integers(7, 13))
    for gy in range(-1, n // w * 2 + 2):
        for gx in range(-1, n // w + 2):
            x, y, h = gx * w * 2 + gy % 2 * w, gy * w // 2 + int(r.integers(-3, 3)), int(r.integers(2, 14))
            top, left, right = (pal[1 + (gx * 5 + gy * 3 + k) % (len(pal) - 1)] for k in range(3))
            d.polygon([(x, y), (x + w, y - w // 2), (x + 2 * w, y), (x + w, y + w // 2)], fill=top)
            d.polygon([(x, y), (x + w, y + w // 2), (x + w, y + w // 2 + h), (x, y + h)], fill=left)
            d.polygon([(x + 2 * w, y), (x + w, y + w // 2), (x + w, y + w // 2 + h), (x + 2 * w, y + h)], fill=right)
    return np.array(im)


def painted(n, r, _):
    files = sorted(glob.glob(os.path.join(os.path.dirname(__file__), "../fixtures/sketch/*.png")))
    a = np.array(Image.open(files[r.integers(0, len(files))]).convert("RGB"))
    if min(a.shape[:2]) < n:
        a = np.array(Image.fromarray(a).resize((max(n, a.shape[1]), n), Image.NEAREST))
    x = r.integers(0, a.shape[1] - n + 1)
    return a[:n, x:x + n]


def sprites(n, r, files):
    a = Image.fromarray(ground(n, r, colors(r)))
    for _ in range(int(r.integers(4, 9))):
        s = Image.open(files[r.integers(0, len(files))]).convert("RGBA")
        side = int(r.integers(18, 50))
        s.thumbnail((side, side), Image.BOX)
        s.putalpha(s.getchannel("A").point(lambda v: 255 * (v > 127)))
        a.paste(s, (int(r.integers(-6, n - 12)), int(r.integers(-6, n - 12))), s)
    return np.array(a)


def blotches(size, r):
    """Smooth noise of spread 1: drawn small, then enlarged."""
    k = max(1, int(size / 2))
    small = gaussian_filter(r.standard_normal((SIDE // k + 6,) * 2), size / k)
    small /= small.std() + 1e-9
    large = np.array(Image.fromarray(small.astype(np.float32)).resize(((SIDE // k + 6) * k,) * 2, Image.BICUBIC))
    return large[3 * k:3 * k + SIDE, 3 * k:3 * k + SIDE]


def damaged(truth, pitch, level, edge, offset, drift, r):
    n = truth.shape[0]
    at = np.arange(SIDE) + 0.5
    wave = r.uniform(300, 900)
    shift = [drift * wave / 6.283 * np.sin(6.283 * at / wave + p) for p in r.uniform(0, 6.28, 2)]
    shift = [s - np.linspace(s[0], s[-1], SIDE) for s in shift]
    bend = 0.6 * [0, 0.35, 0.8, 1.2, 1.6][level]
    u = (at[None] - offset[0] + shift[0][None] + bend * blotches(r.uniform(50, 110), r)) / pitch
    v = (at[:, None] - offset[1] + shift[1][:, None] + bend * blotches(r.uniform(50, 110), r)) / pitch
    jitter = 0.6 * level
    cells = truth + r.standard_normal(truth.shape) * jitter + r.standard_normal((n, n, 1)) * jitter

    def near(du, dv):
        i = np.clip(np.floor(u + du / pitch), 0, n - 1).astype(int)
        j = np.clip(np.floor(v + dv / pitch), 0, n - 1).astype(int)
        return cells[j, i]
    s = sum(near(a, b) for a in (-0.33, 0, 0.33) for b in (-0.33, 0, 0.33)) / 9
    soft = lambda a, size: gaussian_filter(a, (size, size, 0))
    if edge == "bilinear":
        inside = [np.clip(v - 0.5, 0, n - 1), np.clip(u - 0.5, 0, n - 1)]
        mixed = np.stack([map_coordinates(cells[..., c], inside, order=1, mode="nearest") for c in range(3)], -1)
        share = r.uniform(0.35, 0.6)
        s = share * mixed + (1 - share) * s
    elif edge == "blur":
        s = soft(s, [0.5, 0.8, 1.1, 1.4, 1.7][level] * r.uniform(0.8, 1.2))
    elif edge == "ring":
        s = soft(s, 1.0) + r.uniform(0.5, 0.9) * (soft(s, 1.0) - soft(s, 2.2))
    elif edge == "halo":
        s = soft(s, 0.7) + r.uniform(0.12, 0.3) * (soft(s, 0.7) - soft(s, 5))
    elif edge == "chroma":
        d = int(round(r.uniform(0.5, 1.4)))
        s = soft(np.stack([np.roll(s[..., 0], d, 1), s[..., 1], np.roll(s[..., 2], -d, 1)], -1), 0.95)
    else:
        m = int(SIDE * r.uniform(0.38, 0.55))
        both = lambda c: c.resize((m, m), Image.LANCZOS).resize((SIDE, SIDE), Image.LANCZOS)
        s = np.stack([np.array(both(Image.fromarray(s[..., c].astype(np.float32)))) for c in range(3)], -1)
    strong = [0, 1.0, 2.2, 3.2, 4.5][level] * r.uniform(0.7, 1.2)
    size = r.uniform(2.5, 9)
    s = s + strong * (0.7 * blotches(size, r)[..., None] + 0.5 * np.stack([blotches(size, r) for _ in range(3)], -1))
    s = s + 0.75 * level * r.standard_normal((SIDE, SIDE, 1)) + 0.5 * level * r.standard_normal(s.shape)
    if level >= 2 and r.random() < 0.6:
        s = s * (1 + [0, 0, 0.015, 0.025, 0.035][level] * blotches(180, r)[..., None])
    file = io.BytesIO()
    quality = min(98, [100, 94, 88, 82, 76][level] + int(r.integers(-4, 5)))
    thin = 0 if level < 3 else int(r.choice([0, 2]))
    Image.fromarray(np.clip(np.round(s), 0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality, subsampling=thin)
    return np.clip(np.round(np.array(Image.open(file)) / 5.0) * 5, 0, 255).astype(np.uint8)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("out")
    ap.add_argument("--cases", type=int, default=48)
    ap.add_argument("--seed", type=int, default=5000)
    ap.add_argument("--sprites")
    args = ap.parse_args()
    files = sorted(glob.glob(os.path.join(args.sprites, "**/*.png"), recursive=True)) if args.sprites else []
    kinds = [letters, blocks, painted] + [sprites] * (2 if files else 0)
    for part in ("input", "truth"):
        os.makedirs(os.path.join(args.out, part), exist_ok=True)
    cases = []
    for k in range(args.cases):
        r = np.random.default_rng(args.seed + 17 * k)
        other = k % 6 == 5
        pitch = float(np.round(r.choice([r.uniform(6.6, 7.8), r.uniform(8.3, 10.5)]), 2)) if other else 8.0
        n = int(SIDE / pitch)
        draw = kinds[k % len(kinds)]
        truth = draw(n, r, files)
        budget = int(r.choice([8, 12, 12, 12, 16, 24]))
        if len(np.unique(truth.reshape(-1, 3), axis=0)) > budget:
            truth = np.array(Image.fromarray(truth).quantize(budget, kmeans=3, dither=Image.Dither.NONE).convert("RGB"))
        reach, level, edge = 2 if other else 3, 1 + k % 4, EDGES[r.integers(0, len(EDGES))]
        offset, drift = [float(v) for v in r.uniform(-reach, reach, 2)], float(r.choice([0, 0.02, 0.03, 0.04, 0.05, 0.06]))
        name = f"{k:02}_{draw.__name__}"
        Image.fromarray(truth).save(os.path.join(args.out, "truth", name + ".png"))
        damage = damaged(truth, pitch, level, edge, offset, 0.03 if other else drift, r)
        Image.fromarray(damage).save(os.path.join(args.out, "input", name + ".png"))
        cases.append(dict(id=name, track="gridN" if other else "grid96", max_colors=budget, truth_size=[n, n],
                          truth_colors=len(np.unique(truth.reshape(-1, 3), axis=0)), pitch=pitch, offset=offset,
                          drift=drift, level=level, edge=edge, seed=args.seed + 17 * k))
    with open(os.path.join(args.out, "cases.json"), "w") as out:
        json.dump(dict(side=SIDE, cases=cases), out, indent=1)


main()
