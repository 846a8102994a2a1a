#!/usr/bin/env bash
# Installs the Debian packages that are missing, and checks the tools that Debian does not have in time.
#
#   setup/debian.sh          what the program needs to be built and run
#   setup/debian.sh test     that, and what the tests need
#
# Asks dpkg first: when nothing is missing it changes nothing, needs no root and no network, and takes no time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

main() {
    local purposes=run
    case "${1:-}" in
        "") ;;
        test) purposes='run|test' ;;
        *) fail "unknown argument \`$1\`; usage: setup/debian.sh [test]" ;;
    esac
    if command -v dpkg-query >/dev/null; then
        install_missing "$purposes"
    else
        say "this is not Debian: have the counterparts of setup/debian-packages.txt installed"
    fi
    check_python
    check_node
    check_rust
}

install_missing() {
    local wanted missing
    mapfile -t wanted < <(awk -v purposes="^($1)\$" '$1 ~ purposes { print $2 }' "$here/debian-packages.txt")
    mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort) <(installed "${wanted[@]}"))
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "installing ${missing[*]}"
    as_root apt-get update -qq || say "the package lists could not be renewed; trying with the old ones"
    as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        fail "apt-get could not install them"
    if [[ " ${missing[*]} " == *" mosquitto "* ]]; then
        stop_mosquitto
    fi
}

# Those of the packages that are installed, sorted. dpkg-query fails when it has never heard of one: that is no error.
installed() {
    { dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true; } |
        awk '$2 == "installed" { print $1 }' | sort -u
}

# Debian starts the broker on port 1883 as soon as it is installed, where Xunjian's own would listen. Only the program
# is needed here. A broker that was there before is left alone.
stop_mosquitto() {
    [ -d /run/systemd/system ] || return 0
    say "switching off the mosquitto service that its package just started; the tests start their own"
    as_root systemctl disable --now --quiet mosquitto.service
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        DEBIAN_FRONTEND=noninteractive "$@"
    elif command -v sudo >/dev/null; then
        sudo DEBIAN_FRONTEND=noninteractive "$@"
    else
        fail "packages are missing; as root, run: $*"
    fi
}

check_python() {
    command -v python3 >/dev/null || fail "python3 is not installed"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or later is needed, this is $(python3 --version)"
}

check_node() {
    local how="Debian 13 has it (apt install nodejs npm); for Debian 12 see nodejs.org, \"Download\""
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        fail "Node.js 20.19 or later with npm is needed: $how"
    fi
    local version
    version=$(node --version)
    at_least 20.19 "${version#v}" || fail "Node.js 20.19 or later is needed, this is $version: $how"
}

check_rust() {
    local wanted version
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$here/../Cargo.toml" | head -n 1)
    command -v cargo >/dev/null || fail "Rust $wanted or later is needed: see rustup.rs (Debian's own is too old)"
    version=$(cargo --version | awk '{ print $2 }')
    at_least "$wanted" "$version" || fail "Rust $wanted or later is needed, this is $version: \`rustup update stable\`"
}

at_least() {
    [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

say() {
    echo "setup: $*" >&2
}

fail() {
    say "error: $*"
    exit 1
}

main "$@"
