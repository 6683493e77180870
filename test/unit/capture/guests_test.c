// SPDX-License-Identifier: GPL-2.0-or-later
/* A host's recording and its guests': one order on the host's clock, or a reason why not. */
#include "capture/guests.h"

#include "test/table.h"
#include "test/unit/capture/dat_make.h"

#define HOST_NS		5000000000ull
#define GUEST_NS	9000000000ull

#define HOST		{ .trace_id = 77, .guest = "alpha" }
/* Its clock is 4 s ahead, and runs so that it is 4.0005 s after 1 ms: about the host's with the offsets below. */
#define GUEST(id, peer)	{ .trace_id = id, .peer_id = peer, .first_ns = GUEST_NS, .sync = { .nr = 2, .flags = 1, .scaling = 1, \
			  .time = { GUEST_NS, GUEST_NS + 1000000 }, .offset = { -4000000000, -4000500000 } } }

static const struct {
	const char *name;
	struct make files[3];
	unsigned int nr;
	const char *systems;	/* of the events, in their order */
	const char *error;
} rows[] = {
	{ "a host and its guest", { HOST, GUEST(76, 77) }, 2, "kvm:kvm_thing guest alpha:kvm:kvm_thing ", NULL },
	{ "the guest named first", { GUEST(76, 77), HOST }, 2, "kvm:kvm_thing guest alpha:kvm:kvm_thing ", NULL },
	{ "a guest its host has no name for", { HOST, GUEST(75, 77) }, 2, "kvm:kvm_thing guest 1:kvm:kvm_thing ", NULL },
	{ "two guests", { GUEST(75, 77), HOST, GUEST(76, 77) }, 3,
	  "kvm:kvm_thing guest 1:kvm:kvm_thing guest alpha:kvm:kvm_thing ", NULL },
	{ "a guest of another host", { HOST, GUEST(76, 78) }, 2, NULL, "was not recorded together" },
	{ "two hosts", { HOST, HOST }, 2, NULL, "is no guest's recording" },
	{ "guests alone", { GUEST(76, 77), GUEST(75, 77) }, 2, NULL, "name their host's" },
};

/* Records of the host have their number in their order there; a guest's is on the host's clock. */
static void check_records(struct source *s, unsigned int nr)
{
	uint64_t last = 0, host = 0, guests = 0;
	struct source_record rec;
	struct source_field at;
	struct err e;
	int ret;

	while ((ret = s->ops->next(s, &rec, &e)) > 0) {
		bool own = !strcmp(s->events[rec.event].system, "kvm");

		assert_true(rec.ts_ns >= last);
		assert_in_range(rec.ts_ns, HOST_NS - 100000, HOST_NS + 4000000);
		assert_int_equal(s->ops->field(s, rec.event, "gfn", &at), own);
		last = rec.ts_ns;
		host += own;
		guests += !own;
	}
	assert_int_equal(ret, 0);
	assert_true(host > 1000);
	assert_int_equal(guests, host * (nr - 1));
}

static void check(const void *arg)
{
	const typeof(rows[0]) *row = arg;
	char paths[3][32], got[256] = "";
	const char *list[3] = { paths[0], paths[1], paths[2] };
	struct source *s = NULL;
	struct err e = { 0 };
	size_t host;
	int ret;

	for (unsigned int i = 0; i < row->nr; i++) {
		strcpy(paths[i], "/tmp/mmulab-guest-XXXXXX");
		make_file(&row->files[i], paths[i]);
	}
	ret = source_open_guests(&(struct guests_input){ list, row->nr }, &s, &host, &e);
	for (unsigned int i = 0; i < row->nr; i++)
		unlink(paths[i]);
	if (row->error) {
		assert_int_equal(ret, -ERR_INPUT);
		assert_non_null(strstr(e.text, row->error));
		return;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(row->files[host].peer_id, 0);
	for (uint32_t i = 0; i < s->nr_events; i++) {
		strcat(strcat(got, s->events[i].system), ":");
		strcat(strcat(got, s->events[i].name), " ");
	}
	assert_string_equal(got, row->systems);
	check_records(s, row->nr);
	source_close(s);
}

int main(void)
{
	return table_run("guests", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
