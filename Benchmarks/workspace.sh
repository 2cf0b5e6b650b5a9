#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What people wait for in the browser, without a graphics card: the first slice, the whole CT, a step through
# slices and of the window, a slider, the worklist with 200 readers. No peer; status 1 when a goal is missed.
set -e
checks=Tests/outside
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$GREVY" demo --out "$folder/demo" --no-pdf >/dev/null 2>&1
chmod -R go= "$folder/demo"
cp -a "$folder/demo/data" "$folder/read"
uptime
failed=0
echo "images over 100 Mbit/s and 20 ms (goals: first slice 2000, full CT 20000, step p95 150, window p95 500, heap 1000 MB)"
"$BROWSER_PYTHON" $checks/check_speed.py "$folder/speed" "$folder/demo/data" || failed=1
echo "the same of 512 x 512 x 300 with a dose and twenty volumes of interest, then ten such cases in turn"
plans=$("$BROWSER_PYTHON" $checks/fine_case.py "$folder/fine" "$GREVY" 10)
chmod -R go= "$folder/fine"
# shellcheck disable=SC2086 # one word for each case
"$BROWSER_PYTHON" $checks/check_speed.py "$folder/speed-fine" "$folder/fine/data" $plans || failed=1
echo "slider of the plan panel (goal: p95 50)"
"$BROWSER_PYTHON" $checks/bench_panel.py || failed=1
echo "worklist with 200 readers (goal: nobody is refused)"
"$BROWSER_PYTHON" $checks/bench_worklist.py "$folder/worklist" "$folder/read" || failed=1
exit $failed
