# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the end-to-end tests begin with: the tree's root, $mmulab, a folder $tmp that
# is gone at the end, and TAP lines.  What went wrong is shown from $tmp/{log,out,err}.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC2034
mmulab=$(realpath "${BUILD:-build}/mmulab")
tmp=$(mktemp -d)
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
n=0

result() {	# result STATUS TEXT
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		cat "$tmp/log" "$tmp/out" "$tmp/err" 2>/dev/null | sed 's/^/# /' | tail -n 20
	fi
}

# says TEXT WANTED-STATUS STREAM "what must stand there" COMMAND...
says() {
	local text=$1 status=$2 stream=$3 want=$4 rc=0
	shift 4
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
	[ "$rc" = "$status" ] && grep -qF -- "$want" "$tmp/$stream"
	result $? "$text"
}
