# SPDX-License-Identifier: Apache-2.0
#
# Headings, times and a closing summary for ./run. Sourced, never run by itself.

SECTION_NAMES=()
SECTION_RESULTS=()
SECTION_SECONDS=()
STARTED=$SECONDS
SECTION_NOTES=$(mktemp)
trap 'rm -f "$SECTION_NOTES"' EXIT

# note_for_summary: keeps standard input for the end of the run, where it is found at once.
note_for_summary() { cat >>"$SECTION_NOTES"; }

# repeating_failures PATTERN COMMAND...: runs COMMAND. When it fails, the lines that match PATTERN, or
# else the last ones, are said again in the summary.
repeating_failures() {
    local pattern=$1 said
    shift
    said=$(mktemp)
    if "$@" 2>&1 | tee "$said"; then
        rm "$said"
        return 0
    fi
    { grep -E "$pattern" "$said" || tail -40 "$said"; } | head -60 | note_for_summary
    rm "$said"
    return 1
}

# section NAME COMMAND...: runs COMMAND under a heading and records how it ended.
# A failure is recorded and the next section still runs, so that one run tells everything.
section() {
    local name=$1 start=$SECONDS result=passed
    shift
    printf '\n== %s  [%s]\n' "$name" "$(date +%H:%M:%S)"
    # In a subshell with its own `set -e`, waited for outside any condition: a command in an
    # `if` or `||` would have its errors ignored half-way through.
    set +e
    (set -euo pipefail; "$@")
    local code=$?
    set -e
    if [[ $code -ne 0 ]]; then result=FAILED; fi
    SECTION_NAMES+=("$name")
    SECTION_RESULTS+=("$result")
    SECTION_SECONDS+=($((SECONDS - start)))
    printf -- '-- %s %s after %s\n' "$name" "$result" "$(clock $((SECONDS - start)))"
}

# passed NAME: whether that section ran and passed.
passed() {
    local i
    for i in "${!SECTION_NAMES[@]}"; do
        if [[ ${SECTION_NAMES[i]} == "$1" ]]; then [[ ${SECTION_RESULTS[i]} == passed ]]; return; fi
    done
    return 1
}

stop_if_failed() {
    local result
    for result in "${SECTION_RESULTS[@]}"; do
        if [[ $result != passed ]]; then summary; fi
    done
}

# Prints one line per section and ends the run: 0 when all passed, else 1.
summary() {
    local i code=0
    printf '\n== Summary\n'
    cat "$SECTION_NOTES"
    for i in "${!SECTION_NAMES[@]}"; do
        printf '%-8s %8s  %s\n' "${SECTION_RESULTS[i]}" "$(clock "${SECTION_SECONDS[i]}")" \
            "${SECTION_NAMES[i]}"
        if [[ ${SECTION_RESULTS[i]} != passed ]]; then code=1; fi
    done
    printf '%-8s %8s  all\n' "" "$(clock $((SECONDS - STARTED)))"
    exit "$code"
}

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
