# SPDX-License-Identifier: Apache-2.0
#
# What `./run setup` does: Debian packages, then Python environments. Sourced by ./run.
# Each part first looks whether anything is missing; when nothing is, it takes under a second.

source Scripts/web.sh

PACKAGES=(
    # compiled and linked into Grevy
    libdcmtk-dev libinsighttoolkit5-dev libopenjp2-7-dev libsqlite3-dev zlib1g-dev
    libxrl-dev libssl-dev libjpeg-dev libcurl4-openssl-dev ca-certificates
    # drawn with by WeasyPrint: text layout, font subsets, the font of reports
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-dejavu-core
    # makes the Python environments
    python3 python3-venv
)

# Run by tests and benchmarks: DICOM checkers and peers, PDF to text and pictures.
CHECKING_PACKAGES=(openssl dcmtk dicom3tools poppler-utils xz-utils orthanc orthanc-dicomweb)

# For the checks of pages and their modules.
BROWSER_PACKAGES=(chromium nodejs node-typescript libatomic1)

# Holds reports against the templates of the standard, in the long tests.
LONG_TEST_PACKAGES=(libpixelmed-java openjdk-17-jre-headless)

# Many readers at once.
BENCHMARK_PACKAGES=(apache2-utils)

# What building and using the programs needs.
set_up_programs() {
    check_swift
    install_packages "${PACKAGES[@]}"
    make_environment .venv requirements.txt
    fetch_web_scripts
}

# The same with what tests, benchmarks and validation need.
set_up() {
    check_swift
    install_packages "${PACKAGES[@]}" "${CHECKING_PACKAGES[@]}"
    make_environment .venv requirements.txt
    make_environment .venv-peers requirements-peers.txt
    fetch_web_scripts
}

set_up_browser() {
    install_packages "${BROWSER_PACKAGES[@]}"
    make_environment .venv-browser requirements-browser.txt
}

set_up_long_tests() {
    set_up
    set_up_browser
    install_packages "${LONG_TEST_PACKAGES[@]}"
}

set_up_benchmarks() {
    set_up
    set_up_browser
    install_packages "${BENCHMARK_PACKAGES[@]}"
}

check_swift() {
    if ! command -v swift >/dev/null; then
        echo "swift is not on the PATH. Install Swift 6.3 for Debian 12: https://www.swift.org/install"
        return 1
    fi
    local version
    version=$(swift --version 2>/dev/null | grep -o 'Swift version [0-9.]*' | head -1)
    echo "${version:-Swift of unknown version}"
    case $version in
        "Swift version 6."[3-9]* | "Swift version 6."[1-9][0-9]*) ;;
        *) echo "note: Grevy is built and tested with Swift 6.3" ;;
    esac
}

# install_packages PACKAGE...: those of them that are missing.
install_packages() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null; then
        echo "not a Debian system; these packages of Debian 12, or their like, are needed:"
        echo "  $*"
        return 0
    fi
    for package in "$@"; do
        if ! is_installed "$package"; then missing+=("$package"); fi
    done
    if [[ ${#missing[@]} -eq 0 ]]; then
        echo "Debian packages: all $# present"
        return 0
    fi
    echo "Debian packages to install: ${missing[*]}"
    as_root apt-get update -q
    # Orthanc would start a server; Debian asks this script of the administrator's first.
    local policy=/usr/sbin/policy-rc.d ours=0 failed=0
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$policy"
        ours=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${missing[@]}" || failed=1
    if [[ $ours -eq 1 ]]; then as_root rm -f "$policy"; fi
    if [[ " ${missing[*]} " == *" orthanc "* ]] && command -v systemctl >/dev/null; then
        as_root systemctl disable orthanc >/dev/null 2>&1 || true
    fi
    return "$failed"
}

is_installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Runs a command as root: directly, by sudo, or not at all but with the command to type.
as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        echo "this needs root; run it yourself, then ./run setup again:"
        echo "  sudo $*"
        return 1
    fi
}

# make_environment FOLDER REQUIREMENTS: a Python environment with exactly those packages.
# Its stamp is the hash of the requirements and of the interpreter's version; another stamp makes
# the environment anew. Hashes are required and nothing is compiled, so a package that was
# replaced after pinning is refused and no package runs code while it is installed.
make_environment() {
    local folder=$1 requirements=$2 stamp
    stamp=$({ cat "$requirements"; python3 --version; } | sha256sum | cut -d' ' -f1)
    if [[ -x $folder/bin/python && $(cat "$folder/.stamp" 2>/dev/null) == "$stamp" ]]; then
        echo "$folder: up to date"
        return 0
    fi
    echo "$folder: installing $(grep -c '^[a-z].*==' "$requirements") packages of $requirements"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --disable-pip-version-check --no-input --require-hashes \
        --only-binary :all: -r "$requirements"
    echo "$stamp" >"$folder/.stamp"
}
