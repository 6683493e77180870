/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCU and SRCU: nothing is freed, nobody goes on, before the readers of then have left. */
#include "test/unit/rt/script.h"

static const struct {
	const char	*name;
	struct script	 s;
	const char	*want;
	uint64_t	 freed;
} rows[] = {
	{ "a callback waits for the reader that began before",
	  { .task = { "U d20000 u", "i100 F i15000 U u" } },
	  "bu@15000 au@20000 free", 1 },
	{ "and for a grace period",
	  { .task = { "F U u i5000 U u i10100 U u" } },
	  "au@0 au@5000 free au@10100", 1 },
	{ "but not for a reader that began later",
	  { .task = { "F", "i100 U d20000 u", "i15000 U u" } },
	  "free cu@15000 bu@20100", 1 },
	{ "the end of the run runs every callback",
	  { .task = { "F F", "F" } },
	  "free free free", 3 },
	{ "sections nest",
	  { .task = { "U U d100 u d20000 u", "i50 F i15000 U u" } },
	  "au@100 bu@15000 au@20100 free", 1 },
	{ "a callback out of a section waits for that section, too",
	  { .task = { "U F d20000 u", "i15000 U u" } },
	  "bu@15000 au@20000 free", 1 },
	{ "srcu: without readers it costs what it costs",
	  { .task = { "Q" } },
	  "aQ@500", 0 },
	{ "srcu: waits for the reader that began before",
	  { .task = { "L d2000 l", "i100 Q" } },
	  "al@2000 bQ@2000", 0 },
	{ "srcu: a short reader does not shorten it",
	  { .task = { "L d200 l", "i100 Q" } },
	  "al@200 bQ@600", 0 },
	{ "srcu: not for a reader that began later",
	  { .task = { "i200 L d5000 l", "i100 Q" } },
	  "bQ@600 al@5200", 0 },
	{ "srcu: the last of those before is the one that counts",
	  { .task = { "L d2000 l", "L d3000 l", "i200 L d9000 l", "i100 Q" } },
	  "al@2000 bl@3000 dQ@3000 cl@9200", 0 },
	{ "srcu: two synchronisers",
	  { .task = { "L d2000 l", "i100 Q", "i150 L d9000 l", "i200 Q" } },
	  "al@2000 bQ@2000 cl@9150 dQ@9150", 0 },
	{ "srcu: who reads another VM's memslots keeps nobody waiting",
	  { .task = { "L1 d2000 l", "i100 Q" } },
	  "bQ@600 al@2000", 0 },
	{ "srcu: nor has the first of two to go first",
	  { .task = { "L d5000 l", "L1 d2000 l", "i100 Q", "i200 Q1" } },
	  "bl@2000 dQ@2000 al@5000 cQ@5000", 0 },
	{ "srcu: a section inside one of another VM: both wait for it",
	  { .task = { "L1 L d2000 l l", "i100 Q", "i200 Q1" } },
	  "al@2000 al@2000 cQ@2000 bQ@2000", 0 },
	{ "srcu: so does who waits already when the inner one begins",
	  { .task = { "L1 d1000 L d2000 l l", "L d2000 l", "i100 Q" } },
	  "bl@2000 al@3000 al@3000 cQ@3000", 0 },
	{ "srcu: who waits for the outer one is not told twice",
	  { .task = { "L d1000 L1 d1000 l l", "i100 Q" } },
	  "al@2000 al@2000 bQ@2000", 0 },
	{ "srcu: nor for a third",
	  { .task = { "L d1000 L1 d100 L1 d900 l l l", "i100 Q" } },
	  "al@2000 al@2000 al@2000 bQ@2000", 0 },
	{ "srcu: who came later does not end for who waits already",
	  { .task = { "L d9000 l", "i200 L d2000 l", "i100 Q", "i300 Q" } },
	  "bl@2200 al@9000 cQ@9000 dQ@9000", 0 },
	{ "srcu: but not who came before the outer one",
	  { .task = { "L d3000 l", "i200 L1 d300 L d9000 l l", "i100 Q" } },
	  "al@3000 cQ@3000 bl@9500 bl@9500", 0 },
};

static void check(const void *p)
{
	const __typeof__(rows[0]) *row = p;
	static struct script_world w;

	script_check(&row->s, row->want, &w);
	assert_int_equal(w.stats.rcu_freed, row->freed);
}

int main(void)
{
	return table_run("rcu", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
