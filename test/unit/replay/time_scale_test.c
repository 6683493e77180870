/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the times of recorded faults to the scale; and what a user may write. */
#include "replay/time_scale.h"

#include "test/table.h"
#include "test/unit/replay/made.h"

#define MAX_ACCESSES	4

/* With the default costs an attempt that maps takes 3360 ns, a huge page 62460, one that retries 1550, in 6.1 1860. */
static const struct {
	const char	*name;
	enum kvm_release release;
	struct { uint32_t attempts, service_ns, level; } accesses[MAX_ACCESSES];
	uint64_t	 recorded_ns, modelled_ns;
	uint32_t	 ppm;
} rows[] = {
	{ "a host as fast as the model", KVM_6_12, { { 1, 3360 } }, 3360, 3360, 1000000 },
	{ "ten times slower", KVM_6_12, { { 1, 33600 } }, 33600, 3360, 100000 },
	{ "faster", KVM_6_12, { { 1, 1680 } }, 1680, 3360, 2000000 },
	{ "attempts count, not accesses", KVM_6_12, { { 1, 3360 }, { 99, 2000 * 99 } }, 2000, 1568, 784000 },
	{ "6.1 looks for the window later", KVM_6_1, { { 1, 3360 }, { 99, 2000 * 99 } }, 2000, 1875, 937500 },
	{ "the middle one", KVM_6_12, { { 1, 10000 }, { 1, 40000 }, { 1, 90000 } }, 40000, 3360, 84000 },
	{ "times that are not known do not count", KVM_6_12, { { 1, 0 }, { 1, 33600 } }, 33600, 3360, 100000 },
	{ "huge pages say little of faults", KVM_6_12, { { 1, 33600, 1 }, { 1, 900000, 2 }, { 1, 900000, 2 } }, 33600, 3360, 100000 },
	{ "but all of them are huge", KVM_6_12, { { 1, 624600, 2 }, { 1, 624600, 2 } }, 624600, 62460, 100000 },
	{ "none known: as recorded", KVM_6_12, { { 1, 0 } }, 0, 0, 1000000 },
};

static void check(const void *row)
{
	const typeof(rows[0]) *r = row;
	struct made_record records[MAX_ACCESSES] = { 0 };
	struct time_scale scale;
	struct err e = { 0 };
	struct costs costs;
	struct made made;

	for (unsigned int i = 0; i < MAX_ACCESSES; i++)
		if (r->accesses[i].attempts)
			records[i] = (struct made_record){ .t_ns = 1000000 * (i + 1), .ev = { .kind = EV_ACCESS, .access = {
				.attempts = r->accesses[i].attempts, .service_ns = r->accesses[i].service_ns,
				.level = r->accesses[i].level } } };
	made_open(&made, r->release, records, MAX_ACCESSES);
	costs_defaults(&costs);
	assert_int_equal(time_scale_auto(made.file, &costs, &scale, &e), 0);
	made_close(&made);
	/* Medians come from a histogram: three digits. */
	assert_in_range(scale.recorded_ns, r->recorded_ns - r->recorded_ns / 500, r->recorded_ns + r->recorded_ns / 500);
	assert_in_range(scale.modelled_ns, r->modelled_ns - r->modelled_ns / 500, r->modelled_ns + r->modelled_ns / 500);
	assert_in_range(scale.ppm, r->ppm - r->ppm / 250, r->ppm + r->ppm / 250);
}

static const struct {
	const char	*text;
	uint32_t	 ppm;	/* 0: an error */
	const char	*printed;
} texts[] = {
	{ "1", 1000000, "1" }, { "0.05", 50000, "0.05" }, { ".5", 500000, "0.5" }, { "12.5", 12500000, "12.5" },
	{ "1000", 1000000000, "1000" }, { "0.0000019", 1, "0.000001" }, { "1001", 0 }, { "0", 0 }, { "0.0000001", 0 },
	{ "-1", 0 }, { "1x", 0 }, { "", 0 }, { ".", 0 }, { "1e3", 0 }, { "99999999999999999999", 0 },
};

static void check_text(const void *row)
{
	const typeof(texts[0]) *t = row;
	struct err e = { 0 };
	char printed[16];
	uint32_t ppm = 0;

	assert_int_equal(time_scale_parse(t->text, &ppm, &e), t->ppm ? 0 : -ERR_USAGE);
	assert_int_equal(ppm, t->ppm);
	if (!t->ppm)
		return;
	time_scale_print(ppm, printed, sizeof(printed));
	assert_string_equal(printed, t->printed);
}

int main(void)
{
	int rc = table_run("time scale", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return table_run("time scale's text", texts, ARRAY_SIZE(texts), sizeof(texts[0]), check_text) | rc;
}
