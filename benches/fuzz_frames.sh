#!/usr/bin/env bash
# The socket's documents, damaged in every way, into the Donation Alerts source for FUZZ_SECONDS (600); new seeds each time.
set -euo pipefail
cd "$(dirname "$0")/.."
DRAWSTREAM_FUZZ_SECONDS="${FUZZ_SECONDS:-600}" \
  cargo test --release -p drawstream-cli --lib nothing_that_a_server_could_send -- --nocapture
