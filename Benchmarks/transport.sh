#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
exec "$PYTHON" -B "$(dirname "$0")/transport.py"
