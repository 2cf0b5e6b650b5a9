#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
exec "$PEERS_PYTHON" "$(dirname "$0")/dvh.py"
