#!/bin/sh
# Builds a real Kubernetes API server for the tests, from what Debian 12 offers as source.
#
#   tests/cluster/build-api-server.sh          etcd, kube-apiserver, kubectl: what the tests need
#   tests/cluster/build-api-server.sh all      and what nodes need, for tests/cluster/two-nodes.sh
#
# Nothing is installed, and apt's settings stay as they are: packages are unpacked below
# ${XDG_CACHE_HOME:-~/.cache}/container-manager-tests/kubernetes-VERSION (CACHE says otherwise), the programs
# are in its bin/. Each step leaves its mark, so a run that was stopped goes on where it was; once
# done, another run returns at once. Takes 10 to 15 minutes on two cores and 4 GB of disk.
#
# Why this version: no later source package of Debian holds more than kubectl.
set -eu

version=1.20.2
suite=bookworm
cache=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/container-manager-tests/kubernetes-$version}
what=${1:-api}

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 2; }

case $what in
api) programs=kube-apiserver packages= ;;
all)
    programs='kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy'
    packages='containerd containernetworking-plugins catatonit'
    ;;
*) fail "Unknown: '$what'. Say 'api' (the default) or 'all'." ;;
esac

offered() { # whoever has a server says where
    [ "$what" = api ] && [ -n "${KUBEBUILDER_ASSETS:-}" ] || return 1
    for program in etcd kubectl $programs; do [ -x "$KUBEBUILDER_ASSETS/$program" ] || return 1; done
}

complete() {
    offered && return
    for program in etcd kubectl $programs; do [ -x "$cache/bin/$program" ] || return 1; done
    [ "$what" = api ] || [ -e "$cache/unpacked-all" ]
}

apt() { # apt with sources and lists of its own
    program=$1
    shift
    "$program" -qq -o Dir::Etc::sourcelist="$cache/apt/debian.sources" \
        -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o Dir::State::lists="$cache/apt/lists" -o Dir::Cache="$cache/apt/cache" \
        -o APT::Sandbox::User=root "$@"
}

mirror() { # the one that this machine uses
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
        grep -v security | head -n 1 | grep . || echo http://deb.debian.org/debian
}

prepare_apt() {
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -e "$keyring" ] || fail "Needs the package debian-archive-keyring."
    mkdir -p "$cache/apt/lists/partial" "$cache/apt/cache/archives/partial"
    printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
        "$(mirror)" "$suite" "$keyring" >"$cache/apt/debian.sources"
    apt apt-get update
}

unpack() { # $1: mark; the rest: packages
    mark=$1
    shift
    [ -e "$cache/$mark" ] && return
    mkdir -p "$cache/packages" "$cache/root"
    for package in "$@"; do
        rm -f "$cache/packages/${package}_"*
        (cd "$cache/packages" && apt apt-get download "$package")
        dpkg -x "$cache/packages/${package}_"*.deb "$cache/root"
    done
    touch "$cache/$mark"
}

fetch_source() {
    [ -e "$cache/source-fetched" ] && return
    rm -rf "$cache/source"
    mkdir -p "$cache/source"
    (cd "$cache/source" && apt apt-get source --download-only kubernetes)
    tar -xzf "$cache"/source/kubernetes_*.orig.tar.gz -C "$cache/source"
    touch "$cache/source-fetched"
}

compile() { # $@: programs. In GOPATH's layout: with modules, Go 1.19 wants to change go.mod.
    wanted=
    for program in "$@"; do
        [ -x "$cache/bin/$program" ] || wanted="$wanted cmd/$program"
    done
    [ -n "$wanted" ] || return 0
    tree=$cache/source/kubernetes-$version
    mkdir -p "$tree/.go/src/k8s.io" "$cache/home"
    ln -sfn ../../.. "$tree/.go/src/k8s.io/kubernetes"
    say "Compiling${wanted} (minutes; the log is $cache/compile.log)"
    (
        cd "$tree/.go/src/k8s.io/kubernetes"
        unset GOROOT GOFLAGS MAKEFLAGS MAKELEVEL || true
        libraries=$(echo "$cache"/root/usr/lib/*-linux-gnu*)
        PATH=$cache/root/usr/bin:$cache/root/usr/lib/go-1.19/bin:$PATH
        LD_LIBRARY_PATH=$libraries GOPATH=$tree/.go HOME=$cache/home
        GO111MODULE=off CGO_ENABLED=0 GOPROXY=off
        KUBE_GIT_VERSION=v$version KUBE_GIT_COMMIT=debian KUBE_GIT_TREE_STATE=archive
        export PATH LD_LIBRARY_PATH GOPATH HOME GO111MODULE CGO_ENABLED GOPROXY
        export KUBE_GIT_VERSION KUBE_GIT_COMMIT KUBE_GIT_TREE_STATE
        exec make WHAT="${wanted# }"
    ) >"$cache/compile.log" 2>&1 || {
        tail -n 30 "$cache/compile.log" >&2
        fail "Compiling failed; see above, and $cache/compile.log."
    }
    for program in "$@"; do
        [ -x "$cache/bin/$program" ] || keep "$tree/_output/bin/$program"
    done
}

keep() { # whole or not at all
    cp -L "$1" "$cache/bin/.part" && mv "$cache/bin/.part" "$cache/bin/${1##*/}"
}

if complete; then
    say "The programs of the API server are there from an earlier run."
else
    started=$(date +%s)
    for program in apt-get dpkg tar bash flock; do
        command -v "$program" >/dev/null 2>&1 || fail "Needs '$program': run it on Debian."
    done
    mkdir -p "$cache/bin"
    exec 9>"$cache/lock"
    flock 9 # two at once: one waits, and finds it done
    complete || {
        prepare_apt
        unpack unpacked golang-1.19-go golang-1.19-src make rsync libpopt0 libxxhash0 \
            etcd-server kubernetes-client
        # shellcheck disable=SC2086 # a list
        [ "$what" = api ] || unpack unpacked-all $packages
        for program in etcd kubectl; do
            [ -x "$cache/bin/$program" ] || keep "$cache/root/usr/bin/$program"
        done
        fetch_source
        # shellcheck disable=SC2086 # a list
        compile $programs
    }
    say "First run: the programs of the API server took $(($(date +%s) - started)) s; they are in $cache/bin"
fi
