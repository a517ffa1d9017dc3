#!/usr/bin/env bash
# Measures the SDXL engine at full size without a download: 2.6 billion random f16 weights, seconds a timestep, peak memory.
# usage: benches/sdxl_full_size.sh [SIDE] [TIMESTEPS] [auto|f32|f16|bf16] [low]     (7 GB of disk, 12 GB of memory)
set -eu
cd "$(dirname "$0")/.."
model=${SDXL_RANDOM_CHECKPOINT:-target/sdxl-random.safetensors}
cargo build --release -p drawstream-sdxl --examples
[ -s "$model" ] || target/release/examples/random_checkpoint "$model"
target/release/examples/paint_once "$model" target/sdxl-random.ppm "${1:-256}" "${2:-2}" "${3:-f32}" ${4:-}
