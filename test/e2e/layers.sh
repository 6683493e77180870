#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/check-layers.sh passes on this tree, and fails on one with a wrong arrow.
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

copy() {
	rm -rf "$tmp/tree"
	mkdir "$tmp/tree"
	cp -r scripts base kvm event capture result engine replay analysis cmd "$tmp/tree/"
}
# plant TEXT FILE LINE "what must be said": FILE, gone afterwards, holds LINE.
plant() {
	mkdir -p "$tmp/tree/$(dirname "$2")"
	printf '%s\n' "$3" >"$tmp/tree/$2"
	! "$tmp/tree/scripts/check-layers.sh" >"$tmp/log" 2>&1 && grep -qF -- "$4" "$tmp/log"
	result $? "$1"
	rm "$tmp/tree/$2"
}

copy
"$tmp/tree/scripts/check-layers.sh" >"$tmp/log" 2>&1
result $? "the tree's arrows go one way"
plant "base knows no MMU" base/planted.c '#include "kvm/spte.h"' "base/planted.c includes kvm/spte.h"
plant "capture sees no engine" capture/planted.c '#include "engine/mmu.h"' "capture/planted.c includes engine/mmu.h"
plant "what reads recordings sees no live host" capture/planted.c '#include "capture/live/record.h"' "knows nothing of live hosts or results"
plant "an engine sees no event file" engine/x86/planted.c '#include "event/reader.h"' "engine/x86/planted.c includes"
plant "an engine sees no database" engine/core/planted.h '#include "result/store.h"' "engine/core/planted.h includes"
plant "analysis sees no replay" analysis/planted.c '#include "replay/plan.h"' "analysis/planted.c includes"
plant "a .def file counts as well" kvm/planted.def '#include "event/event.h"' "kvm/planted.def includes"
plant "blanks do not hide it" base/planted.c '  #  include   "kvm/spte.h"' "base/planted.c includes"
plant "replay outside drive/ knows no runtime" replay/planted.c '#include "engine/rt/rt.h"' "engine/rt/"
plant "the program knows no engine's inside" cmd/planted.c '#include "engine/core/planted.h"' "cmd/planted.c includes"
plant "nothing calls up into the program" replay/planted.c '#include "cmd/opts.h"' "replay/planted.c includes"
plant "no thread-local state in engine code" engine/core/planted.c 'static _Thread_local int x;' "thread-local"
plant "no unseeded chance in engine code" engine/x86/planted.c 'int f(void) { return rand(); }' "unseeded"
plant "a folder without a rule" util/planted.c 'int x;' "util/ holds C but no rule names it"
echo "1..$n"
