#!/usr/bin/env bash
# usage: run.sh COORDPS [MEMBERS=1] [TESTS...]
# Runs kazoo's own test suite on `COORDPS server` and on Apache ZooKeeper, side by side, and compares them test by test: on one server, or
# on an ensemble of MEMBERS. TESTS are modules of kazoo.tests to run in place of all of them.
# The last line is 'kazoo: N passed, N failed, N skipped'. Debian: apt-get install python3-kazoo python3-pytest zookeeper
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
coordps=$(realpath "$1")
members=${2:-1}
modules=("${@:3}")
[ ${#modules[@]} = 0 ] && tests=(kazoo.tests) || tests=("${modules[@]/#/kazoo.tests.}")
. "$here/../apache.sh"
python=/usr/bin/python3
missing=$APACHE_MISSING
[ -x $python ] && $python -c 'import kazoo.tests, pytest' 2>/dev/null || missing="kazoo's tests are missing: apt-get install python3-kazoo python3-pytest"
if [ -n "$missing" ]; then
    echo "kazoo's suite is skipped; $missing"
    echo "kazoo: 0 passed, 0 failed, 1 skipped"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$($python -c 'import kazoo, os; print(os.path.dirname(os.path.dirname(kazoo.__file__)))')
timeout=()
$python -c 'import pytest_timeout' 2>/dev/null && timeout=(--timeout=60)

suite() { # NAME COMMAND TESTS...
    local name=$1 command=$2
    shift 2
    (cd "$work" && COORDPS_SERVER=$command COORDPS_MEMBERS=$members ZOOKEEPER_VERSION=3.8.0 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here:$here/.. \
        $python -m pytest -q -p no:cacheprovider -p server_command --rootdir="$root" "${timeout[@]}" --junitxml="$work/$name.xml" "$@") >"$work/$name.log" 2>&1
}

# The suite mostly waits, so the two runs share the machine well.
suite apache "bash $here/../apache-server.sh" --pyargs "${tests[@]}" &
apache=$!
suite ours "$coordps server" --pyargs "${tests[@]}"
wait $apache
for name in apache ours; do
    if [ ! -s "$work/$name.xml" ]; then
        tail -40 "$work/$name.log"
        echo "kazoo: 0 passed, 1 failed, 0 skipped"
        exit 1
    fi
done

# One test may fail for want of time on a busy machine; what fails on ours alone gets a second try.
$python "$here/compare.py" --list "$work/apache.xml" "$work/ours.xml" >"$work/again.txt"
again=()
if [ -s "$work/again.txt" ]; then
    mapfile -t tests <"$work/again.txt"
    suite again "$coordps server" "${tests[@]}"
    [ -s "$work/again.xml" ] && again=("$work/again.xml")
    grep -hE '^(E  |FAILED|ERROR)' "$work/again.log" | head -60
fi

$python "$here/compare.py" "$work/apache.xml" "$work/ours.xml" "${again[@]}"
