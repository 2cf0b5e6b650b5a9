#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
PYTHONPATH="$here/../Tests/outside" exec "$PEERS_PYTHON" "$here/dicomweb.py"
