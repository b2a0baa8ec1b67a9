#!/usr/bin/env bash
# usage: build/failover-compare.sh [ROUNDS=30] [TICKTIME=500]
# An ensemble of three `coordps` processes beside one of Apache ZooKeeper, both under load. Leaders are killed (SIGKILL, then started
# again), and then stopped from running (SIGSTOP, until clients can write again), in turns, ROUNDS times each. Prints the time from the
# signal to the next successful write as a Markdown table, ratio first. Fails if an acknowledged write is lost, one is carried out twice,
# or the members' trees differ in the end. Needs out/bin/coordps (build/build.sh), Linux, and Debian's zookeeper with a Java runtime.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -x out/bin/coordps ] || { echo "failover-compare: out/bin/coordps is missing; run build/build.sh" >&2; exit 1; }
dotnet build tests/CoordPS.Benchmarks -c Release -p:RunAnalyzers=false -nologo -v quiet >&2
exec dotnet run --no-build -c Release --project tests/CoordPS.Benchmarks -- failover "$PWD/out/bin/coordps" "${1:-30}" "${2:-500}"
