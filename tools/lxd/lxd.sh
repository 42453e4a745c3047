#!/bin/sh
# `./dev lxd [stop]`: an LXD daemon on this machine with a pool and a network for Studiolo.
#
# Installs Debian's packages where they are missing, lets machines share files with this host's
# uid 1000, starts the daemon if none runs, and makes what is missing. Repeating it changes nothing.
# `stop` ends a daemon that this script started itself, with its machines; the pool stays.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
state=/run/studiolo-lxd
packages="lxd lxd-client lxcfs dnsmasq-base nftables btrfs-progs xfsprogs uidmap xz-utils mmdebstrap squashfs-tools"

say() { echo "lxd: $*" >&2; }

die() {
    say "$*"
    exit 1
}

[ "$(id -u)" = 0 ] || die "it takes root to set up a daemon: run it with sudo"

installed() { dpkg-query -W -f '${Status}\n' "$@" 2>/dev/null | grep -c '^install ok installed$'; }

install_packages() {
    # shellcheck disable=SC2086 # a list of words
    set -- $packages
    [ "$(installed "$@")" = $# ] && return
    command -v apt-get >/dev/null || die "install these with your package manager: $packages"
    say "installing $packages"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >&2
    apt-get install -q -y --no-install-recommends "$@" >&2
}

allow_shared_ids() {
    before=$(cat /etc/subuid /etc/subgid 2>/dev/null || true)
    for file in /etc/subuid /etc/subgid; do
        grep -qs '^root:' "$file" || echo 'root:1000000:1000000000' >>"$file"
        grep -qs '^root:1000:1$' "$file" || echo 'root:1000:1' >>"$file"
    done
    # A daemon reads them at its start only.
    if [ "$before" != "$(cat /etc/subuid /etc/subgid)" ] && answers && [ -d /run/systemd/system ]; then
        systemctl restart lxd
    fi
}

answers() { lxd waitready --timeout "${1:-1}" >/dev/null 2>&1; }

# Prints the library to preload, or nothing: see idmapped_probe.c.
probe_cure() {
    case $(lxd --version) in 5.0.[0-3]) ;; *) return ;; esac
    if ! command -v cc >/dev/null; then
        say "without a C compiler the first start of each machine takes some seconds more"
        return
    fi
    cc -shared -fPIC -O2 -Wall -o "$state/idmapped_probe.so" "$here/idmapped_probe.c" -ldl
    echo "$state/idmapped_probe.so"
}

# An lxcfs that was killed leaves its mount behind, and everything that touches it fails.
unmount_dead_lxcfs() {
    grep -qs ' /var/lib/lxcfs fuse' /proc/mounts || return 0
    stat /var/lib/lxcfs/proc >/dev/null 2>&1 || umount --lazy /var/lib/lxcfs
}

start_without_systemd() {
    unmount_dead_lxcfs
    mkdir -p "$state" /var/lib/lxcfs /var/log/lxd
    if ! mountpoint -q /var/lib/lxcfs; then
        setsid lxcfs /var/lib/lxcfs >"$state/lxcfs.log" 2>&1 </dev/null &
        echo $! >"$state/lxcfs.pid"
    fi
    # As udev does elsewhere: containers inside a machine are networked by the user's own programs.
    for device in /dev/net/tun /dev/fuse; do [ ! -e $device ] || chmod 0666 $device; done
    cure=$(probe_cure)
    setsid env ${cure:+LD_PRELOAD="$cure"} lxd --group root --logfile /var/log/lxd/lxd.log \
        >"$state/lxd.log" 2>&1 </dev/null &
    echo $! >"$state/lxd.pid"
    answers 60 || die "the daemon does not answer; see /var/log/lxd/lxd.log and $state/lxd.log"
}

start() {
    answers && return
    say "starting the daemon"
    if [ -d /run/systemd/system ]; then
        systemctl start lxcfs lxd
        answers 60 || die "the daemon does not answer; see: journalctl -u lxd"
    else
        start_without_systemd
    fi
}

# The daemon's own search for a free subnet asks the network; this looks at this host's routes only.
free_subnet() {
    for third in 44 60 76 92 108 124 140 156; do
        ip -4 route show | grep -q "^10\.213\.$third\." || {
            echo "10.213.$third.1/22"
            return
        }
    done
    die "no subnet of 10.213.0.0/16 is free; make a network called studiolo0 by hand"
}

make_pool_and_network() {
    lxc storage show studiolo >/dev/null 2>&1 || {
        say "making the pool 'studiolo', a sparse file of 40 GiB"
        lxc storage create studiolo btrfs size=40GiB >&2
    }
    lxc network show studiolo0 >/dev/null 2>&1 || {
        say "making the network 'studiolo0'"
        lxc network create studiolo0 ipv4.address="$(free_subnet)" ipv4.nat=true ipv6.address=none >&2
    }
    # Nothing else uses it, so Studiolo may say what passes its border.
    lxc network set studiolo0 user.studiolo.machines=true >&2
}

# Since Linux 6.1 btrfs stops counting, and so stops holding limits, once a machine is deleted; a level
# of 8 makes it count all the same. The kernel forgets the level when the pool is unmounted.
keep_quotas() {
    for pool in /sys/fs/btrfs/*-*; do
        [ "$(cat "$pool/label" 2>/dev/null)" = studiolo ] || continue
        [ ! -e "$pool/qgroups/drop_subtree_threshold" ] || echo 8 >"$pool/qgroups/drop_subtree_threshold"
        if [ "$(cat "$pool/qgroups/inconsistent" 2>/dev/null)" = 1 ]; then
            btrfs quota rescan -w /var/lib/lxd/storage-pools/studiolo >&2
        fi
    done
}

# A number from before a crash may be another process by now.
end_own() {
    pid=$(cat "$state/$1.pid" 2>/dev/null) || return 0
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$1" ] || kill "$pid"
}

stop() {
    [ -e "$state/lxd.pid" ] || die "the daemon was not started by this script, and is left alone"
    lxd shutdown --timeout 60 2>/dev/null || end_own lxd
    end_own lxcfs
    rm -f "$state/lxd.pid" "$state/lxcfs.pid"
}

case ${1:-} in
    '') ;;
    stop) stop && exit ;;
    *) die "usage: ./dev lxd [stop]" ;;
esac

install_packages
allow_shared_ids
start
make_pool_and_network
keep_quotas
say "ready: $(lxd --version), socket /var/lib/lxd/unix.socket"
