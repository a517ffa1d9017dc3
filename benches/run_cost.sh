#!/usr/bin/env bash
# What a running show costs, headless at 60 frames a second: processor and memory while it draws, frames over 33 ms, and the
# processor of an idle stage. With WATCHERS=10 so many browser sources watch a third show. With DRAWING=1800 it is a soak
# of paintings of 3 s that stay for 1 s, as fast as the demo asks for them: some eight times the usual pace. Memory is told
# after a quarter of the time and at the end.
# usage: benches/run_cost.sh     DRAWING (60) and IDLE (30) seconds, PAINTING (3) seconds, WATCHERS (0), BIN and WATCH
# (target/release/drawstream and target/release/examples/watch)
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(realpath "${BIN:-target/release/drawstream}") drawing=${DRAWING:-60} idle=${IDLE:-30} painting=${PAINTING:-3} port=${PORT:-18423}
folder=$(mktemp -d)
show=
trap '[ -z "$show" ] || kill -INT "$show" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
ticks() { awk '{print $14 + $15}' "/proc/$show/stat"; }
memory() { awk '/VmRSS/ {printf "%.0f MB", $2 / 1024}' "/proc/$show/status"; }
share() { awk -v a="$1" -v b="$2" -v s="$3" -v hz="$(getconf CLK_TCK)" 'BEGIN {printf "%.2f %% of a core", (b - a) * 100 / hz / s}'; }
start() {
  "$bin" run --headless --set api.port="$port" --set data_dir="$folder/$1" --set pixel.duration_sec="$painting" \
    --set show.duration_sec=1 --log-level WARN "${@:2}" < /dev/null &
  show=$!
  sleep 3
}
end() { kill -INT "$show"; wait "$show" || true; show=; }

start idle
a=$(ticks); sleep "$idle"; b=$(ticks)
echo "idle: $(share "$a" "$b" "$idle"), $(memory)"
end
start drawing --demo --set data_dir="$folder/drawing" --set planner.backend=builtin
a=$(ticks); sleep $((drawing / 4)); early=$(memory); sleep $((drawing - drawing / 4)); b=$(ticks)
echo "drawing: $(share "$a" "$b" "$drawing"), $early after a quarter, $(memory) at the end"
curl -fsS "http://127.0.0.1:$port/metrics" | grep -E '^drawstream_(late_frames_total|frame_seconds_(sum|count)|donations\{state="shown"\})'
end
[ "${WATCHERS:-0}" -gt 0 ] || exit 0
start watched --demo --set data_dir="$folder/watched" --set planner.backend=builtin
a=$(ticks); sleep "$drawing"; b=$(ticks)
echo "drawing, unwatched: $(share "$a" "$b" "$drawing")"
a=$(ticks); "${WATCH:-target/release/examples/watch}" 127.0.0.1:"$port" "$WATCHERS" "$drawing"; b=$(ticks)
echo "drawing, watched by $WATCHERS: $(share "$a" "$b" "$drawing")"
end
