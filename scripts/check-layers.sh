#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Arrows go one way: each folder may include only what stands below it.
set -eu
cd "$(dirname "$0")/.."
bad=0
# check FOLDER "allowed prefixes": every project include of FOLDER's files must match one.
check() {
	local folder=$1 allowed=$2 file inc ok a
	while IFS=: read -r file inc; do
		ok=no
		for a in $allowed; do
			case $inc in "$a"*) ok=yes ;; esac
		done
		if [ $ok = no ]; then
			echo "check-layers: $file includes $inc; $folder may include only: $allowed" >&2
			bad=1
		fi
	done < <(find "$folder" \( -name '*.[ch]' -o -name '*.def' \) -print0 |
		 xargs -0 -r grep -HoE '^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*"[^"]+"' |
		 sed -E 's/:.*"([^"]+)"/:\1/')
}
check base "base/"
check kvm "kvm/ base/"
check event "event/ kvm/ base/"
check capture "capture/ event/ kvm/ result/hist.h base/"
check capture/out "capture/out/ capture/dat.h base/"
check capture/live "capture/live/ capture/out/ capture/dat.h capture/bytes.h capture/mapping.h capture/kallsyms.h capture/dat_stream.h capture/formats.h capture/raw.h capture/raw_events.h capture/source.h result/hist.h base/"
check synth "synth/ event/ kvm/ base/"
check result "result/ base/ schema.sql.h schema_3.sql.h"
check engine/config "engine/config/ kvm/ base/"
check engine/rt "engine/rt/ engine/config/ kvm/ base/ rt_port.h"
check engine/core "engine/core/ engine/mmu.h engine/rt/ engine/config/ kvm/ base/"
check engine/arm64 "engine/arm64/ engine/core/ engine/mmu.h engine/rt/ engine/config/ kvm/ base/"
check engine/x86 "engine/x86/ engine/core/ engine/mmu.h engine/rt/ engine/config/ kvm/ base/"
check replay "replay/ engine/mmu.h engine/rt/ engine/config/ event/ result/ kvm/ base/"
# What a run told, as a recording: the engine is not seen, only what it said.
check export "export/ capture/out/ replay/told.h replay/slots.h event/ kvm/ base/"
check analysis "analysis/ result/ base/"
# The program sees every folder's contract, but no engine: that is compiled per runtime.
check cmd "cmd/ analysis/ export/ replay/ capture/ synth/ result/ event/ engine/mmu.h engine/config/ kvm/ base/"
# A new folder needs a rule of its own.
while read -r folder; do
	case $folder in
	base|kvm|event|capture|synth|result|engine|replay|export|analysis|cmd|test) ;;
	*)	echo "check-layers: $folder/ holds C but no rule names it; add one" >&2
		bad=1 ;;
	esac
done < <(find . -name '*.c' -not -path './build*' -printf '%P\n' | sed 's|/.*||' | sort -u)
if grep -nE '^#include "engine/rt/' replay/*.[ch] 2>/dev/null; then
	echo "check-layers: only replay/drive/ is compiled per runtime and may include engine/rt/" >&2
	bad=1
fi
if grep -nE '^#include "(capture/(live|out)|result)/' capture/*.[ch]; then
	echo "check-layers: what reads recordings knows nothing of live hosts or results" >&2
	bad=1
fi
if grep -rnE '_Thread_local|__thread|\brand\(|\bdrand48\(' engine/core engine/x86 engine/arm64 replay 2>/dev/null; then
	echo "check-layers: no thread-local state and no unseeded chance in engine code" >&2
	bad=1
fi
[ $bad -eq 0 ]
