#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Errors of SPECT alone to CT over 10 noise seeds, synthetic patient; no peer, nothing promised.
exec "$GREVY" bench registration-spect --seeds 10
