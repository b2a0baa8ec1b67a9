#!/usr/bin/env bash
# usage: build/test.sh
# Builds and runs every test. What needs a peer (pwsh, Apache ZooKeeper, kazoo, Java) is skipped with the reason where that is missing, and so is
# what needs a Docker Engine or a Kubernetes API server where COORDPS_TEST_DOCKER_HOST or COORDPS_TEST_KUBECONFIG does not name one.
# As root on Debian with CI=true the peers are installed, and an engine with a registry is started, first. The last lines name what failed and
# sum up all runners.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
started=$SECONDS
passed=0 failed=0 skipped=0
failures=()
details=$(mktemp)

count() { # PASSED FAILED SKIPPED
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

finish() {
    dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1
    echo
    cat "$details"
    rm -f "$details"
    [ ${#failures[@]} = 0 ] || printf 'failed: %s\n' "${failures[@]}"
    echo "took $((SECONDS - started)) s"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ]
    exit
}

note_failures() { # RUNNER LOG PATTERN [GROUP=1], the group being the name
    local line plain
    plain=$(mktemp)
    sed -E 's/\x1b\[[0-9;]*m//g' "$2" >"$plain"
    while IFS= read -r line; do
        failures+=("$1: $line")
    done < <(sed -nE "s/$3/\\${4:-1}/p" "$plain" | sort -u)
    # What was said of each, again where it is looked for first: at the end.
    grep -E -A 12 -e "$3" "$plain" | cut -c1-400 | head -150 >>"$details"
    rm -f "$plain"
}

title() { printf '\n== %s (%d s)\n' "$1" $((SECONDS - started)); }

# Runs a command whose last line is 'NAME: N passed, N failed, N skipped'; one that says nothing of the kind has failed.
runner() { # NAME COMMAND...
    local name=$1 line log
    shift
    title "$name"
    log=$(mktemp)
    "$@" 2>&1 | tee "$log"
    line=$(sed -nE "s/^$name: ([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped\r?$/\1 \2 \3/p" "$log" | tail -1)
    note_failures "$name" "$log" '^ *(\[-\] |failed: |FAILED:? |not ok |✖ |fails on ours, passes on Apache: )(.*)$' 2
    rm -f "$log"
    if [ -n "$line" ]; then
        # shellcheck disable=SC2086
        count $line
    else
        echo "$name ended without a result"
        failures+=("$name: ended without a result")
        count 0 1 0
    fi
}

install_peers() {
    title "peers"
    export DEBIAN_FRONTEND=noninteractive
    local packages=(zookeeper zookeeper-bin libzookeeper-java libservlet-api-java python3-kazoo python3-pytest python3-pytest-timeout
        python3-gevent python3-eventlet libcurator-recipes-java libcurator-discovery-java)
    command -v javac >/dev/null || packages+=(default-jdk-headless)
    if dpkg -s "${packages[@]}" >/dev/null 2>&1; then
        echo "all there"
    elif ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}"; } >/tmp/coordps-apt.log 2>&1; then
        tail -5 /tmp/coordps-apt.log
        echo "not all of them could be installed; what needs the others is skipped"
    fi
}

start_engine() {
    local folder environment
    title "engine"
    folder=$(mktemp -d /tmp/coordps-docker-XXXXXX)
    # shellcheck disable=SC2064
    trap "tests/services/docker-down.sh $folder" EXIT
    if environment=$(tests/services/docker-up.sh "$folder"); then
        echo "$environment"
        eval "$environment"
    else
        echo "no Docker Engine; what needs one is skipped"
    fi
}

if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    install_peers
    [ -n "${COORDPS_TEST_DOCKER_HOST:-}" ] || start_engine
fi

# The compiler stays loaded from one build to the next, whatever the environment says, and is stopped at the end.
export UseSharedCompilation=true
title "build"
if ! build/build.sh || ! dotnet build CoordPS.sln -c Release -nologo -v quiet; then
    echo "The build failed."
    failures+=("build")
    count 0 1 0
    finish
fi

if [ -n "${COORDPS_TEST_DOCKER_HOST:-}" ]; then
    title "image"
    export COORDPS_TEST_IMAGE=$COORDPS_TEST_REGISTRY/coordps:test
    if ! DOCKER_HOST=$COORDPS_TEST_DOCKER_HOST build/image.sh "$COORDPS_TEST_IMAGE"; then
        echo "The image could not be built."
        unset COORDPS_TEST_IMAGE
        failures+=("image")
        count 0 1 0
    fi
fi

for project in tests/*/*.Tests.csproj; do
    name=$(basename "$project" .csproj)
    title "$name"
    log=$(mktemp)
    timeout 900 dotnet test "$project" -c Release --no-build -nologo --logger "console;verbosity=minimal" 2>&1 | tee "$log" |
        grep -vE '^(Test run for|A total of|VSTest version|\s*$)'
    counts=$(sed -nE 's/.*Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+),.*/\2 \1 \3/p' "$log" | tail -1)
    if [ -n "$counts" ]; then
        # shellcheck disable=SC2086
        count $counts
    elif grep -q 'No test is available' "$log"; then
        echo "no tests yet"
    else
        echo "$name ended without a result"
        failures+=("$name: ended without a result")
        count 0 1 0
    fi
    note_failures "$name" "$log" '^ *Failed ([^ ].*) \[[^]]*\]$'
    rm -f "$log"
done

pester() {
    if ! command -v pwsh >/dev/null; then
        echo "skipped: pwsh is missing; install PowerShell 7.6"
        echo "Pester: 0 passed, 0 failed, 1 skipped"
    else
        timeout 1500 pwsh -NoProfile -File tests/module/run.ps1 -ModulePath out/CoordPS
    fi
}

[ -e tests/module/run.ps1 ] && runner Pester pester
# It mostly waits, beside what follows.
azure_log=$(mktemp)
timeout 1200 bash tests/azure-pipelines/run.sh out/CoordPS >"$azure_log" 2>&1 </dev/null &
azure_pid=$!
runner java timeout 300 bash tests/interop/java/run.sh out/bin/coordps
runner kazoo timeout 600 bash tests/interop/kazoo/run.sh out/bin/coordps
if [ -n "${COORDPS_TEST_IMAGE:-}" ]; then
    # The same on three containers of our image.
    runner kazoo timeout 600 bash tests/interop/kazoo/run.sh tests/interop/container-coordps.sh 3 test_client
fi
# On an ensemble: what stops and starts members, and changes the configuration, is in these; KAZOO_TESTS=all runs all there, in minutes.
kazoo_tests=${KAZOO_TESTS:-test_client test_connection}
# shellcheck disable=SC2086
runner kazoo timeout 1200 bash tests/interop/kazoo/run.sh out/bin/coordps 3 ${kazoo_tests#all}
wait "$azure_pid"
runner azure cat "$azure_log"
rm -f "$azure_log"
finish
