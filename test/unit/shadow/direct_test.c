/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operation says without the TDP MMU, line by line: as the kernels' own traces have it. */
#include "test/unit/x86/script.h"

static const struct script_row rows[] = {
	{ "the first fault makes a root and three pages; links are not said",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
	  "get 0 role 0x3784\n"
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "get 0 role 0x3783\n"
	  "get 0x40000 role 0x3782\n"
	  "get 0x40000 role 0x3781\n"
	  "update 0x40001 L1 0x8000000000000000 > 0x140001e67\n"
	  "set 0x40001 L1 0x140001e67 r1 x1 u1\n" },
};

int main(void)
{
	return table_run("direct", rows, ARRAY_SIZE(rows), sizeof(rows[0]), script_check);
}
