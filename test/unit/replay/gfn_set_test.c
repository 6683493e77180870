/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/gfn_set.h"

#include "base/types.h"
#include "test/table.h"

enum what { END, ADD, ADD_HUGE, REMOVE, CLEAR, HAS, LACKS };

static const struct {
	const char	*name;
	struct { enum what what; gfn_t gfn, end; } steps[8];
} rows[] = {
	{ "empty", { { LACKS, 0, 1 }, { LACKS, 0, UINT64_MAX } } },
	{ "a frame", { { ADD, 5 }, { HAS, 5, 6 }, { LACKS, 6, 700 }, { HAS, 0, UINT64_MAX }, { LACKS, 0, 5 } } },
	{ "the last of a word and the first of the next", { { ADD, 63 }, { ADD, 64 }, { REMOVE, 64, 65 }, { HAS, 63, 64 },
							    { LACKS, 64, 128 } } },
	{ "a range over regions", { { ADD, 511 }, { ADD, 512 }, { ADD, 5000 }, { REMOVE, 511, 513 }, { LACKS, 0, 1024 },
				    { HAS, 1024, 5001 } } },
	{ "a range longer than the set", { { ADD, 511 }, { ADD, 1ULL << 35 }, { REMOVE, 0, 1ULL << 34 },
					   { LACKS, 511, 512 }, { HAS, 1ULL << 35, (1ULL << 35) + 1 } } },
	{ "what one entry maps goes as one", { { ADD_HUGE, 0x205 }, { HAS, 0x3ff, 0x400 }, { LACKS, 0x400, 0x401 },
					       { REMOVE, 0x210, 0x211 }, { LACKS, 0x200, 0x400 } } },
	{ "and afterwards its frames are single again", { { ADD_HUGE, 0x200 }, { REMOVE, 0x200, 0x201 }, { ADD, 0x205 },
							  { ADD, 0x206 }, { REMOVE, 0x205, 0x206 }, { HAS, 0x206, 0x207 } } },
	{ "all", { { ADD, 5 }, { ADD_HUGE, 0x200 }, { CLEAR }, { LACKS, 0, UINT64_MAX } } },
};

static void check(const void *row)
{
	const typeof(rows[0]) *r = row;
	struct gfn_set s = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(r->steps); i++) {
		gfn_t gfn = r->steps[i].gfn, end = r->steps[i].end;

		switch (r->steps[i].what) {
		case END:
			break;
		case ADD:
		case ADD_HUGE:
			gfn_set_add(&s, gfn, r->steps[i].what == ADD ? 1 : 2);
			break;
		case REMOVE:
			gfn_set_remove(&s, gfn, end);
			break;
		case CLEAR:
			gfn_set_clear(&s);
			break;
		case HAS:
		case LACKS:
			if (gfn_set_has(&s, gfn, end) != (r->steps[i].what == HAS))
				fail_msg("step %u", i);
		}
	}
	gfn_set_fini(&s);
}

int main(void)
{
	return table_run("gfn set", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
