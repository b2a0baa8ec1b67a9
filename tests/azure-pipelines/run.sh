#!/usr/bin/env bash
# usage: run.sh MODULE     tests the Azure Pipelines tasks, templates and extension with the module, for example out/CoordPS
# With COORDPS_TEST_DOCKER_HOST and COORDPS_TEST_KUBECONFIG images are built and rollouts made for real.
# The last line is 'azure: N passed, N failed, N skipped'.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
tasks=$root/build/azure-pipelines
skip() {
    echo "The Azure Pipelines tasks are skipped; $1"
    echo "azure: 0 passed, 0 failed, 1 skipped"
    exit 0
}
fail() {
    echo "FAILED: $1"
    echo "azure: 0 passed, 1 failed, 0 skipped"
    exit 1
}
module=$(realpath "${1:?usage: run.sh MODULE}")
command -v node >/dev/null && command -v npm >/dev/null || skip "node or npm is missing: install Node.js 20 or later"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "node $(node --version) is too old: install Node.js 20 or later"

work=$(mktemp -d)
started=
stop() {
    [ -z "$started" ] || pwsh -NoProfile -NonInteractive -Command 'Import-Module $env:COORDPS_TEST_MODULE; Stop-CoordEnsemble $env:NAME' >/dev/null
    rm -rf "$work"
}
trap stop EXIT
export COORDPS_TEST_MODULE=$module NAME=azure-$$

cd "$tasks" || exit 1
if ! cmp -s package-lock.json node_modules/.coordps-lock; then
    npm ci --ignore-scripts --loglevel=error >"$work/npm.log" 2>&1 || { tail -5 "$work/npm.log"; skip "the packages could not be installed: is the npm registry reachable?"; }
    cp package-lock.json node_modules/.coordps-lock
fi

rm -rf .build
npx --no-install tsc --project . || fail "the tasks or their tests do not compile"
(cd "$root" && for file in build/azure-pipelines/common/*.ps* build/azure-pipelines/tasks/*/task.ps1; do cp "$file" "build/azure-pipelines/.build/$file"; done)
bash package.sh --publisher a-publisher --version 9.8.7 --output "$work/vsix" >"$work/package.log" 2>&1 || { cat "$work/package.log"; fail "the extension does not pack"; }
export COORDPS_TEST_VSIX=$work/vsix/a-publisher.coordps-9.8.7.vsix COORDPS_TEST_EXTENSION=$work/extension
node -e '
    const JSZip = require("jszip"), fs = require("node:fs"), path = require("node:path");
    JSZip.loadAsync(fs.readFileSync(process.argv[1])).then(async zip => {
        for (const file of Object.values(zip.files).filter(one => !one.dir)) {
            const to = path.join(process.argv[2], file.name);
            fs.mkdirSync(path.dirname(to), { recursive: true });
            fs.writeFileSync(to, await file.async("nodebuffer"));
        }
    });' "$COORDPS_TEST_VSIX" "$COORDPS_TEST_EXTENSION" || fail "the extension can't be unpacked"

if ! command -v pwsh >/dev/null; then
    export COORDPS_TEST_SKIP="pwsh is missing; install PowerShell 7.6"
elif [ ! -e "$module/CoordPS.psd1" ]; then
    export COORDPS_TEST_SKIP="there is no module in $module; run build/build.sh"
else
    # Three members: a backup is taken from a leader.
    COORDPS_TEST_CONNECTION=$(pwsh -NoProfile -NonInteractive -Command '$ErrorActionPreference = "Stop"; Import-Module $env:COORDPS_TEST_MODULE; (Start-CoordEnsemble $env:NAME -Members 3 -OutOfProcess).ConnectionString') ||
        fail "the ensemble did not start"
    export COORDPS_TEST_CONNECTION
    started=1
fi

# The files are independent of each other, and mostly wait.
node --test --test-concurrency=4 --test-reporter=spec --test-reporter-destination=stdout --test-reporter=tap --test-reporter-destination="$work/tap" .build/tests/azure-pipelines/*.test.js
count() { sed -nE "s/^# $1 ([0-9]+)$/\1/p" "$work/tap" | tail -1; }
[ -n "$(count pass)" ] || fail "the tests did not end"
echo "azure: $(count pass) passed, $(($(count fail) + $(count cancelled))) failed, $(count skipped) skipped"
[ "$(count fail)" = 0 ]
