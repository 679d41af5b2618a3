# Shared by the scripts beside it; sourced, never run. Set-up is done in parts, each of which says what it
# does, is skipped when it is done already, and needs no terminal.
# shellcheck shell=bash

set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DEBIAN_FRONTEND=noninteractive NPM_CONFIG_UPDATE_NOTIFIER=false PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
# npm trusts only its own list of authorities unless it is told of the machine's.
if [[ -z "${NODE_EXTRA_CA_CERTS:-}" && -r /etc/ssl/certs/ca-certificates.crt ]]; then
    export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
fi

VENV=.venv
NODE_HOME=.cache/node
STEP_AT=0
STEP_OF=${STEP_OF:-0}
FAILED=()
UNDER_WAY=

say_what_failed() {
    local code=$?
    if [[ $code -ne 0 && -n $UNDER_WAY ]]; then
        printf '%s: %s failed; the same command goes on from here once that is mended\n' "$(basename "$0")" "$UNDER_WAY" >&2
    fi
}
trap say_what_failed EXIT

say() { printf '%s\n' "$*"; }
die() {
    printf '%s: error: %s\n' "$(basename "$0")" "$1" >&2
    [[ $# -lt 2 ]] || printf '%s: hint: %s\n' "$(basename "$0")" "$2" >&2
    exit 1
}

# `part NAME COMMAND…`: run one part of the work; name, output, seconds. Ends the script if it fails.
part() {
    local name=$1 from=$EPOCHREALTIME
    shift
    STEP_AT=$((STEP_AT + 1))
    say "[$STEP_AT/$STEP_OF] $name …"
    UNDER_WAY=$name   # no `|| die` here: a function called so runs on after a failed line
    "$@" </dev/null
    UNDER_WAY=
    say "[$STEP_AT/$STEP_OF] $name: done in $(seconds_since "$from") s"
}

# `check NAME COMMAND…`: as `part`, but a failure is kept for the end, so that one run shows everything wrong.
check() {
    local name=$1 from=$EPOCHREALTIME
    shift
    STEP_AT=$((STEP_AT + 1))
    say "[$STEP_AT/$STEP_OF] $name …"
    if "$@" </dev/null; then
        say "[$STEP_AT/$STEP_OF] $name: ok in $(seconds_since "$from") s"
    else
        say "[$STEP_AT/$STEP_OF] $name: FAILED in $(seconds_since "$from") s"
        FAILED+=("$name")
    fi
}

seconds_since() {
    local now=${EPOCHREALTIME/[.,]/} from=${1/[.,]/}
    local tenths=$(((now - from) / 100000))
    printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

fingerprint() { sha256sum "$@" | sha256sum | cut -c1-64; }

# Install Debian packages, if this user may.
install_debian() {
    command -v apt-get >/dev/null || die "$* not found" "install $* with this system's package manager"
    local -a as=()
    if [[ $(id -u) -ne 0 ]]; then
        sudo -n true 2>/dev/null || die "$* not found" "run: sudo apt-get install $*"
        as=(sudo -n DEBIAN_FRONTEND=noninteractive)
    fi
    say "  installing $* with apt-get"
    "${as[@]}" apt-get -qq update || say "  apt-get update failed; trying with the lists at hand"
    "${as[@]}" apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

is_python() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; }

# Print the first Python ≥ 3.11 on the path.
find_python() {
    local name
    for name in python3.11 python3.12 python3.13 python3 python3.14; do
        if command -v "$name" >/dev/null && is_python "$name"; then
            command -v "$name"
            return
        fi
    done
    return 1
}

need_venv() {
    if [[ -x $VENV/bin/python ]] && is_python "$VENV/bin/python" && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    local python
    python=$(find_python) || die "Python 3.11 or newer not found" "on Debian 12 or Ubuntu 24.04: apt-get install python3"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        install_debian "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    fi
    "$python" -m venv --clear "$VENV"
    say "  made $VENV with $("$VENV/bin/python" --version)"
}

# `need_lock NAME…`: have what requirements/NAME.lock names, at those versions, by those hashes.
need_lock() {
    local name
    for name in "$@"; do
        # dev.lock holds all the others hold, at the same versions.
        if is_installed dev || is_installed "$name"; then
            say "  $name: as locked"
            continue
        fi
        say "  $name: installing $(grep -c '^[a-zA-Z]' "requirements/$name.lock") packages by hash"
        "$VENV/bin/python" -m pip install --quiet --no-deps --require-hashes --requirement "requirements/$name.lock"
        fingerprint "requirements/$name.lock" >"$VENV/.installed-$name"
    done
}

is_installed() {
    [[ -f $VENV/.installed-$1 && $(<"$VENV/.installed-$1") == "$(fingerprint "requirements/$1.lock")" ]]
}

# The project itself, from this folder, with nothing fetched: its dependencies stand in the locks.
need_project() {
    local mark=$VENV/.installed-project print
    print="$PWD $(fingerprint pyproject.toml)"
    if [[ -f $mark && $(<"$mark") == "$print" ]]; then
        return
    fi
    "$VENV/bin/python" -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
    printf '%s' "$print" >"$mark"
}

# The browser in which tests run public browser libraries. No package registry has one but Debian's.
need_browser() {
    local name
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then
            say "  $("$name" --version 2>/dev/null)"
            return
        fi
    done
    install_debian chromium || die "chromium not found" "install Chromium or Chrome and put it on the path"
}

# What tests send with: curl, as the first steps do, and public JavaScript SDKs. Their lock holds hashes and no
# addresses; no package runs a script.
need_node() {
    local mark=$NODE_HOME/.installed print
    command -v curl >/dev/null || install_debian curl
    command -v node >/dev/null || install_debian nodejs
    node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' || die "node $(node --version) is too old" "install node 18 or newer"
    command -v npm >/dev/null || install_debian npm
    print=$(fingerprint tests/js/package.json tests/js/package-lock.json)
    if [[ -f $mark && $(<"$mark") == "$print" ]]; then
        say "  node: as locked"
        return
    fi
    mkdir -p "$NODE_HOME"
    cp tests/js/package.json tests/js/package-lock.json "$NODE_HOME/"
    npm ci --prefix "$NODE_HOME" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
    printf '%s' "$print" >"$mark"
}

# The newest PostgreSQL of 14 or later on this machine: the folder of its programs.
find_postgres() {
    local folder newest=
    for folder in /usr/lib/postgresql/*/bin "$(dirname "$(command -v pg_ctl || printf /nowhere/pg_ctl)")"; do
        [[ -x $folder/initdb && -x $folder/pg_ctl ]] || continue
        newest=$(printf '%s\n%s\n' "$newest" "$folder" | sort --version-sort | tail -n 1)
    done
    [[ -n $newest ]] && printf '%s\n' "$newest"
}

# The server that the stores' tests run on; Debian is told to start none of its own.
need_postgres() {
    if find_postgres >/dev/null; then
        return
    fi
    if [[ $(id -u) -eq 0 && -d /etc && ! -e /etc/postgresql-common/createcluster.conf ]]; then
        mkdir -p /etc/postgresql-common
        printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
    fi
    install_debian postgresql
    find_postgres >/dev/null || die "PostgreSQL not found" "install PostgreSQL 14 or newer"
}
