#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Seconds of a whole plan of the demo's patient at full size, by engine; no peer, nothing promised.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$GREVY" demo --out "$folder" --no-pdf >/dev/null 2>&1
uptime
for dose in "engine: local-deposition, density: fixed" "engine: kernel" \
    "engine: monte-carlo, uncertainty: 0.01, tumourVoxelUncertainty: 1" \
    "engine: monte-carlo, uncertainty: 0.01"; do
    sed -e "s/^dose: .*/dose: {gridSpacingMM: 3, $dose}/" -e /^compareProfiles/d \
        "$folder/plan.yaml" >"$folder/bench.yaml"
    rounds=5
    case $dose in *monte-carlo*) rounds=1 ;; esac
    echo "$dose"
    "$GREVY" bench plan "$folder/bench.yaml" --data "$folder/data" --out "$folder/out" --rounds $rounds
done
