# SPDX-License-Identifier: Apache-2.0
#
# Fetches the page's one third-party script into Web/vendor, which git ignores: NiiVue draws volumes.
# Sourced by Scripts/setup.sh; alone: bash Scripts/web.sh.
# Needs the network once; with a current stamp it takes no time and no network.

WEB_VENDOR=Web/vendor

fetch_web_scripts() {
    local stamp wheels
    stamp=$(cat requirements-web.txt Scripts/web.sh Scripts/vendor_web.py | sha256sum | cut -d' ' -f1)
    if [[ $(cat "$WEB_VENDOR/.stamp" 2>/dev/null) == "$stamp" ]]; then
        echo "$WEB_VENDOR: up to date"
        return 0
    fi
    echo "$WEB_VENDOR: fetching NiiVue"
    wheels=$(mktemp -d)
    web_pip download --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
        --only-binary :all: --dest "$wheels" -r requirements-web.txt || { rm -rf "$wheels"; return 1; }
    mkdir -p "$WEB_VENDOR"
    python3 Scripts/vendor_web.py "$wheels" "$WEB_VENDOR" || { rm -rf "$wheels"; return 1; }
    rm -rf "$wheels"
    echo "$stamp" >"$WEB_VENDOR/.stamp"
}

# Debian's python3 has no pip of its own; the environment that set-up makes has.
web_pip() {
    if [[ -x .venv/bin/pip ]]; then
        .venv/bin/pip "$@"
    else
        python3 -m pip "$@"
    fi
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -euo pipefail
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    fetch_web_scripts
fi
