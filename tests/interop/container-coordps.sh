#!/usr/bin/env bash
# usage: COORDPS_TEST_IMAGE=IMAGE container-coordps.sh server ZOO.CFG
# Takes the place of coordps where a suite starts servers by a command: the server is a container of our image on the machine's network, with
# the zoo.cfg and the data directory beside it. It ends, and goes, with this process.
set -euo pipefail
folder=$(dirname "$(realpath "$2")")
exec docker -H "$COORDPS_TEST_DOCKER_HOST" run --rm --network host --user "$(id -u):$(id -g)" -v "$folder:$folder" \
    -e ZOO_CONF_DIR="$folder" -e ZOO_DATA_DIR="$folder/data" "$COORDPS_TEST_IMAGE"
