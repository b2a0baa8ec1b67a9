#!/usr/bin/env bash
# usage: build/ensemble-compare.sh [ROUNDS=5] [SECONDS=3]
# bench-compare.sh with an ensemble of three members on each side, all on this machine; the same options by environment.
# The sessions are spread over the members evenly.
MEMBERS=3 SKIP_MEMORY=1 exec "$(dirname "${BASH_SOURCE[0]}")/bench-compare.sh" "$@"
