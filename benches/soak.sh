#!/usr/bin/env bash
# The Donation Alerts source against the simulator, over real sockets: DONATIONS (10000) in bursts of 500, a disconnect
# after every 50 (each close code, and cuts), wrong epochs, a history too short, doubled and lost pushes, jumbled pages,
# 429s and expired tokens. Fails if one is lost, doubled or out of order, after 60 s, or above 100 MB.
set -euo pipefail
cd "$(dirname "$0")/.."
DRAWSTREAM_SOAK="${DONATIONS:-10000}" \
  cargo test --release -p drawstream-cli --lib an_evening_of_troubles -- --nocapture
