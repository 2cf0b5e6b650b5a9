#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
exec "$PYTHON" "$(dirname "$0")/kernel.py"
