#!/usr/bin/env bash
# The painting pool at length, in release: JOBS donations (1000) through a show, a real nats-server and WORKERS workers
# (4), one of them killed (kill -9) every KILL_SEC seconds (10) and another started, the server killed and started again
# once; each must be painted and in the ledger once. Then the throughput of 1, 2 and 4 workers. The painter is a server
# that waits LATENCY_MS (500) for each picture, so that two cores are enough to see workers add up.
set -euo pipefail
cd "$(dirname "$0")/.."
run() {
  env "$@" cargo test --release -p drawstream-cli --test it pool_load -- --nocapture 2>&1 |
    grep -E "workers, |left out|panicked|test result|donation "
}
LATENCY="DRAWSTREAM_POOL_LATENCY_MS=${LATENCY_MS:-500}"
run "$LATENCY" DRAWSTREAM_POOL_JOBS="${JOBS:-1000}" DRAWSTREAM_POOL_WORKERS="${WORKERS:-4}" \
  DRAWSTREAM_POOL_KILL_SEC="${KILL_SEC:-10}" DRAWSTREAM_POOL_RESTARTS=1
for workers in 1 2 4; do
  run "$LATENCY" DRAWSTREAM_POOL_JOBS=$((workers * 100)) DRAWSTREAM_POOL_WORKERS=$workers \
    DRAWSTREAM_POOL_KILL_SEC=0 DRAWSTREAM_POOL_RESTARTS=0
done
