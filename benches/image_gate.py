#!/usr/bin/env python3
"""What the image gate sees in a folder of pictures, against what nsfwjs itself sees in them.

    npm i nsfwjs@4.4.0 @tensorflow/tfjs@4      # anywhere; say where with --node
    pip install pillow
    cargo build --release -p drawstream-cli --features image-gate
    python3 benches/image_gate.py --model nsfw.onnx --node FOLDER_OF_NODE_MODULES PICTURES

PICTURES holds a folder for each kind of picture, with PNG files in it. Prints the largest difference of any score, how
many pictures of each kind reach the thresholds 0.5, 0.7 and 0.9 in each class, and the time a picture takes. Without
--node nothing is compared. Fails where a score differs by more than 0.001.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from PIL import Image

UNSAFE = ("hentai", "porn", "sexy")
THRESHOLDS = (0.5, 0.7, 0.9)
MOST_OFF = 0.001
NSFWJS = """
import fs from 'fs';
import * as tf from '@tensorflow/tfjs';
import * as nsfw from 'nsfwjs';
console.info = () => {};
const model = await nsfw.load('MobileNetV2');
for (const line of fs.readFileSync(process.argv[2], 'utf8').trim().split('\\n')) {
  const {raw, width, height} = JSON.parse(line);
  const pixels = tf.tensor3d(new Uint8Array(fs.readFileSync(raw)), [height, width, 3], 'int32');
  const seen = await model.classify(pixels, 5);
  pixels.dispose();
  console.log(JSON.stringify(Object.fromEntries(seen.map(s => [s.className.toLowerCase(), s.probability]))));
}
"""


def ours(program, model, files):
    command = [program, "gate", "picture", "--set", f"image_gate.model={model}", *files]
    return [json.loads(line) for line in subprocess.check_output(command, text=True).splitlines()]


def theirs(node, files):
    """nsfwjs gets the very same pixels: pictures are decoded here, since its decoders are a browser's."""
    with tempfile.TemporaryDirectory(dir=node) as folder:
        folder = pathlib.Path(folder)
        with open(folder / "pictures.jsonl", "w") as pictures:
            for nth, file in enumerate(files):
                picture = Image.open(file).convert("RGB")
                raw = folder / f"{nth}.rgb"
                raw.write_bytes(picture.tobytes())
                print(json.dumps({"raw": str(raw), "width": picture.width, "height": picture.height}), file=pictures)
        (folder / "nsfwjs.mjs").write_text(NSFWJS)
        output = subprocess.check_output(["node", folder / "nsfwjs.mjs", folder / "pictures.jsonl"], text=True)
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=pathlib.Path)
    parser.add_argument("--model", default="nsfw.onnx")
    parser.add_argument("--program", default="target/release/drawstream")
    parser.add_argument("--node", type=pathlib.Path, help="the folder with node_modules in it")
    args = parser.parse_args()
    files = sorted(str(file) for file in args.pictures.glob("*/*.png"))
    seen = ours(args.program, args.model, files)
    print(f"{len(files)} pictures, median {statistics.median(one['ms'] for one in seen):.1f} ms each")
    kinds = {}
    for file, one in zip(files, seen):
        kinds.setdefault(pathlib.Path(file).parent.name, []).append(one["scores"])
    for kind, scores in kinds.items():
        reached = {name: [sum(score[name] >= least for score in scores) for least in THRESHOLDS] for name in UNSAFE}
        print(f"{kind:<16} {len(scores):>4}  " + "  ".join(f"{name} {counts}" for name, counts in reached.items()))
    if args.node:
        off = max(
            (abs(a["scores"][name] - b[name]), file)
            for a, b, file in zip(seen, theirs(args.node, files), files, strict=True)
            for name in a["scores"]
        )
        print(f"largest difference from nsfwjs: {off[0]:.6f} ({off[1]})")
        sys.exit(off[0] > MOST_OFF)


main()
