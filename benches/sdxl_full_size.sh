#!/usr/bin/env bash
# Measures the SDXL engine at full size without a download: 2.6 billion random f16 weights, seconds a timestep, peak
# memory. Where PYTHON (default: python3) has PyTorch and diffusers, the same picture is painted by them in the same
# run, and the two pictures are compared; benches/sdxl_pytorch.py says what to install.
# usage: benches/sdxl_full_size.sh [SIDE] [TIMESTEPS] [PRECISION...]     (default: 256 2 f32 bf16)
# needs: 7 GB of disk; 8 GB of memory, and 16 GB for PyTorch in f32
set -eu
cd "$(dirname "$0")/.."
model=${SDXL_RANDOM_CHECKPOINT:-target/sdxl-random.safetensors}
python=${PYTHON:-python3}
side=${1:-256} steps=${2:-2}
[ $# -le 2 ] && set -- "$side" "$steps" f32 bf16
shift 2
cargo build --release -p drawstream-sdxl --examples
[ -s "$model" ] || target/release/examples/random_checkpoint "$model"
for precision in "$@"; do
  echo "== drawstream-sdxl, $precision"
  target/release/examples/paint_once "$model" "target/sdxl-$precision.ppm" "$side" "$steps" "$precision"
  if "$python" -c 'import torch, diffusers, accelerate' 2>/dev/null; then
    echo "== PyTorch, $precision"
    "$python" benches/sdxl_pytorch.py "$model" "target/sdxl-$precision-pytorch.ppm" "$side" "$steps" "$precision"
    "$python" - "target/sdxl-$precision.ppm" "target/sdxl-$precision-pytorch.ppm" <<'PYTHON'
import sys
first, second = (open(path, "rb").read().split(b" 255\n", 1)[1] for path in sys.argv[1:])
apart = [abs(a - b) for a, b in zip(first, second, strict=True)]
print(f"pictures: {sum(map(bool, apart)) / len(apart):.2%} of bytes differ, by at most {max(apart)} of 255")
PYTHON
  else
    echo "== PyTorch is not installed for $python"
  fi
done
