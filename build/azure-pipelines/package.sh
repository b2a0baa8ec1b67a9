#!/usr/bin/env bash
# usage: build/azure-pipelines/package.sh [--publisher NAME] [--version X.Y.Z] [--output FOLDER=out/azure-pipelines]
# Packs the Azure DevOps extension to a .vsix and prints its path. The publisher is a placeholder unless one is given; the version, of the
# extension and of all tasks, is the one in vss-extension.json unless one is given. Needs node 20 and npm; their registry only the first time.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
publisher= version= output=$here/../../out/azure-pipelines
usage() { sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2; }
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
        --publisher) publisher=$2 ;;
        --version) version=$2 ;;
        --output) output=$2 ;;
        *) usage ;;
    esac
    shift 2
done
for tool in node npm; do
    command -v $tool >/dev/null || { echo "package: $tool is missing; install Node.js 20 or later" >&2; exit 1; }
done
mkdir -p "$output"
output=$(cd "$output" && pwd)
cd "$here"
# The lock is the same as that of what is installed: nothing to do.
cmp -s package-lock.json node_modules/.coordps-lock || { npm ci --ignore-scripts --loglevel=error >&2 && cp package-lock.json node_modules/.coordps-lock; }
npx --no-install tsc --project . --noEmit

stage=$output/stage
rm -rf "$stage"
mkdir -p "$stage/images"
node bundle.js "$stage" "${version:-}"
node icon.js 128 "$stage/images/icon.png"
for task in "$stage"/tasks/*/; do node icon.js 32 "$task/icon.png"; done
cp overview.md "$stage/"
rm -f "$output"/*.vsix
overrides=()
[ -z "$publisher" ] || overrides=(--publisher "$publisher")
npx --no-install tfx extension create --root "$stage" --manifest-globs vss-extension.json --output-path "$output/" --no-prompt --no-color "${overrides[@]}" >&2
rm -rf "$stage"
ls "$output"/*.vsix
