#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# House rules that neither the compiler nor the formatter holds: who may import whom, how long a
# file may be, and words that have no place in Sources. Prints each breach as FILE:LINE: reason.
set -euo pipefail
cd "$(dirname "$0")/.."

breaches=0
breach() { echo "$1"; breaches=$((breaches + 1)); }

# What each layer may import of our own. Package.swift says the same to the build; this second
# copy makes that a new arrow is drawn on purpose. "-" is nothing.
declare -A MAY_IMPORT=(
    [Quantities]="-"
    [Physics]="Quantities CXrayShim"
    [Imaging]="Quantities CImagingShim"
    [Transport]="Quantities Physics Imaging"
    [Dosimetry]="Quantities Physics Imaging"
    [Therapy]="Quantities Physics Imaging Dosimetry"
    [DICOM]="Quantities Imaging CDicomShim"
    [Phantom]="Quantities Physics Imaging DICOM"
    [Pathway]="Quantities"
    [Cryptography]="CCryptoShim"
    [Transfer]="CTransferShim"
    [Storage]="Quantities Physics Imaging Dosimetry Therapy Pathway Cryptography"
    [Workflows]="Quantities Physics Imaging Transport Dosimetry Therapy DICOM Phantom Pathway Cryptography Transfer Storage"
    [Server]="Quantities Imaging Pathway DICOM Storage Workflows"
    [Terminal]="-"
    [grevy]="Quantities Workflows Terminal"
    [grevy-server]="Server Terminal"
)

check_imports() {
    local layer other file line
    for layer in "${!MAY_IMPORT[@]}"; do
        for other in "${!MAY_IMPORT[@]}" CCryptoShim CDicomShim CImagingShim CTransferShim CXrayShim; do
            if [[ " ${MAY_IMPORT[$layer]} $layer " == *" $other "* ]]; then continue; fi
            while IFS=: read -r file line _; do
                breach "$file:$line: $layer must not import $other"
            done < <(grep -rnE "^[a-z@ ]*import +$other\b" --include='*.swift' "Sources/$layer" || true)
        done
    done
    for layer in Sources/*/; do
        layer=$(basename "$layer")
        if [[ $layer != C*Shim && -z ${MAY_IMPORT[$layer]:-} ]]; then
            breach "Sources/$layer: a layer that Tests/check-layers.sh does not know"
        fi
    done
}

# A file above 400 lines says why near its top: "Longer than 400 lines because ...".
check_lengths() {
    local file lines
    while IFS= read -r file; do
        lines=$(wc -l <"$file")
        if [[ $lines -gt 400 ]] && ! head -20 "$file" | grep -q 'Longer than 400 lines because'; then
            breach "$file:$lines: above 400 lines and no line saying why"
        fi
    done < <(find Sources Tests Snippets Scripts Benchmarks run -type f \
        \( -name '*.swift' -o -name '*.cpp' -o -name '*.h' -o -name '*.sh' -o -name '*.py' \) \
        2>/dev/null)
}

# refuse REASON PATTERN FOLDER...: no line of code there may match; comment lines may.
refuse() {
    local reason=$1 pattern=$2 file line text
    shift 2
    while IFS=: read -r file line text; do
        breach "$file:$line: $reason"
    done < <(grep -rnE --include='*.swift' --include='*.cpp' --include='*.h' --include='*.sh' \
        --include='*.py' "$pattern" "$@" 2>/dev/null |
        grep -vE '^[^:]+:[0-9]+: *(//|#|\*)' || true)
}

check_words() {
    refuse "traps on bad data" '\bfatalError\(|\btry!|\bas! ' Sources
    refuse "@testable sees too much; use package access" '^ *@testable' Tests
    refuse "Swift 6.3 corrupts the heap with stored SIMD of 8-byte scalars; use Vector3" \
        '\b(let|var) .*SIMD[34]<(Double|Int|Int64|UInt64)>' Sources
    local file line
    while IFS=: read -r file line _; do
        breach "$file:$line: unfinished work"
    done < <(grep -rnE '\b(TODO|FIXME|XXX)\b' Sources Tests/*Tests Snippets Scripts 2>/dev/null |
        grep -v '^Binary' || true)
}

# Unsafe code stays where few people must look: parallel loops, DICOM, wrappers of the shims, and
# the one call that becomes another program.
check_unsafe() {
    local file line
    while IFS=: read -r file line _; do
        case $file in
            Sources/Imaging/*+Parallel.swift | Sources/Transport/*+Parallel.swift | Sources/DICOM/* | \
                Sources/Terminal/Neighbour.swift) continue ;;
        esac
        if grep -qE '^[a-z ]*import C(Crypto|Dicom|Imaging|Transfer|Xray)Shim' "$file"; then continue; fi
        breach "$file:$line: unsafe code outside *+Parallel.swift of Imaging and Transport, DICOM and the shims"
    done < <(grep -rnE '(^|[^.A-Za-z@"])unsafe +[A-Za-z&.]|@unchecked Sendable|nonisolated\(unsafe\)' \
        --include='*.swift' Sources | grep -vE '^[^:]+:[0-9]+: *//' || true)
}

# The project must build anywhere and for anyone.
check_places() {
    local file line
    while IFS=: read -r file line _; do
        breach "$file:$line: a path of one machine"
    done < <(git grep -nE '(/work|/home|/Users|/root)/[a-z]' -- . ':!Tests/check-layers.sh' || true)
}

check_imports
check_lengths
check_words
check_unsafe
check_places
if [[ $breaches -gt 0 ]]; then
    echo "$breaches breaches"
    exit 1
fi
echo "layers, lengths, words and places: no breach"
