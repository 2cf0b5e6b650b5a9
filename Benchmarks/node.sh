#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# storescu, unmodified, against Grevy's DICOM node and Debian's Orthanc as it comes, in turns.
set -e
if ! command -v Orthanc >/dev/null || ! command -v storescu >/dev/null; then
    echo "SKIPPED: './run setup' installs Orthanc and DCMTK, which this needs"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uptime
"${BROWSER_PYTHON:-.venv-browser/bin/python}" -B Tests/outside/bench_node.py "$folder" "$@"
