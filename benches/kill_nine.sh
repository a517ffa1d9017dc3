#!/usr/bin/env bash
# The release program, killed (kill -9) at random moments while donations come in: KILLS times (200), seed SEED (1).
# Says what it found; fails if a donation was lost, drawn twice to the end or stuck, or if the database is not whole.
set -euo pipefail
cd "$(dirname "$0")/.."
DRAWSTREAM_KILLS="${KILLS:-200}" DRAWSTREAM_SEED="${SEED:-1}" \
  cargo test --release -p drawstream-cli --test it kill_nine -- --nocapture
