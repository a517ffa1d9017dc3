#!/usr/bin/env bash
# Our client against the real Centrifuge engine: recovery, forced disconnects, PONG timeout, in seq and offset mode.
# Debian: apt-get install golang-go golang-github-centrifugal-centrifuge-dev golang-github-centrifugal-protocol-dev \
#   golang-github-fzambia-eagle-dev golang-github-igm-sockjs-go-dev golang-github-mna-redisc-dev
set -euo pipefail
cd "$(dirname "$0")/.."
engine="${TMPDIR:-/tmp}/drawstream-engine"
GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode GOCACHE="${GOCACHE:-${TMPDIR:-/tmp}/drawstream-go}" \
  go build -o "$engine" drawstream-cli/tests/engine/main.go
DRAWSTREAM_ENGINE="$engine" cargo test ${PROFILE:---release} -p drawstream-cli --test it engine -- --nocapture
