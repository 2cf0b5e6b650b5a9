#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Writes requirements.txt and its siblings, every package pinned by version and hash.
# Needed only to raise a version: edit Scripts/*.in, run this, run ./run test, commit the result.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet pip-tools
for name in requirements requirements-peers requirements-browser; do
    # No addresses and no paths in the result: a site may serve packages from its own mirror.
    env -u PIP_FIND_LINKS "$tools/bin/pip-compile" --quiet --generate-hashes --strip-extras \
        --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
        --no-emit-options --allow-unsafe --cache-dir "$tools/cache" --upgrade --rebuild \
        --output-file "$name.txt" "Scripts/$name.in"
done
