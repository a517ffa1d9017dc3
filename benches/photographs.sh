#!/usr/bin/env bash
# Photographs as pixel art: `pixelize` against area average and the best k-means (crate quantette), at 12 and 32 colours.
# The photographs are the sample images in the wheels of scikit-image (CC0 and public domain) and scikit-learn (CC BY 2.0:
# china.jpg by danielbuechele, flower.jpg by vultilion); they are fetched by pip and left in target/photographs.
# usage: benches/photographs.sh
# needs: python3 with pip
set -eu
cd "$(dirname "$0")/.."
folder=target/photographs
mkdir -p "$folder"
if [ ! -s "$folder/flower.jpg" ]; then
  python3 -m pip download --quiet --no-deps --dest "$folder" scikit-image scikit-learn
  python3 - "$folder" <<'PYTHON'
import glob, os, sys, zipfile
wanted = {"astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "retina.jpg", "hubble_deep_field.jpg",
          "china.jpg", "flower.jpg"}
for wheel in glob.glob(sys.argv[1] + "/*.whl"):
    with zipfile.ZipFile(wheel) as files:
        for name in files.namelist():
            if os.path.basename(name) in wanted:
                with open(os.path.join(sys.argv[1], os.path.basename(name)), "wb") as out:
                    out.write(files.read(name))
    os.remove(wheel)
PYTHON
fi
cargo run --quiet --release -p drawstream-benches --example photographs -- \
  "$folder/out" "$folder"/*.png "$folder"/*.jpg
