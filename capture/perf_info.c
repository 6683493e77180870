// SPDX-License-Identifier: GPL-2.0-or-later
/* The host a perf.data was recorded on, and the names of its events. */
#include "capture/perf_info.h"

#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "capture/bytes.h"
#include "capture/source.h"

#define EVENT_NAME	2		/* EVENT_UPDATE of a name; others are units, scales and CPUs */

/* A length, then so many bytes of which zeros end the text; to be freed.  NULL: it ends early. */
static char *take_str(struct bytes *t)
{
	uint32_t len = bytes_u32(t);
	const uint8_t *p = bytes_skip(t, len);

	return p ? strndup((const char *)p, len) : NULL;
}

static void set_str(char **to, struct bytes *t)
{
	free(*to);
	*to = take_str(t);
}

static void name_attr(struct perf_attr *a, const char *name, size_t len)
{
	if (!a || !len)
		return;
	free(a->name);
	a->name = strndup(name, len);
}

/* Count, size of an attribute; then each: attribute, count of ids, name, ids. */
static void read_event_desc(struct perf_attrs *a, struct bytes *t)
{
	uint32_t nr = bytes_u32(t), attr_size = bytes_u32(t);

	for (uint32_t i = 0; i < nr && !t->bad; i++) {
		const uint8_t *attr = bytes_skip(t, attr_size), *ids;
		uint32_t nr_ids = bytes_u32(t);
		char *name = take_str(t);

		ids = bytes_skip(t, 8ull * nr_ids);
		if (attr && ids && name && nr_ids)
			name_attr(perf_attr_by_id(a, perf_u64(ids, t->swap)), name, strlen(name));
		else if (attr && name && a->nr == nr)	/* without ids: in the same order */
			name_attr(&a->v[i], name, strlen(name));
		free(name);
	}
}

void perf_info_read(struct perf_info *info, struct perf_attrs *a, unsigned int feature, const uint8_t *p, uint64_t len,
		    bool swap, struct perf_notes *damage)
{
	struct bytes t = bytes_part(p, len, swap);

	switch (feature) {
	case PERF_FEAT_HOSTNAME:
		set_str(&info->hostname, &t);
		break;
	case PERF_FEAT_OSRELEASE:
		set_str(&info->release, &t);
		break;
	case PERF_FEAT_ARCH:
		set_str(&info->arch, &t);
		break;
	case PERF_FEAT_NRCPUS:
		info->nr_cpus = bytes_u32(&t);
		break;
	case PERF_FEAT_EVENT_DESC:
		read_event_desc(a, &t);
		break;
	case PERF_FEAT_COMPRESSED:
		bytes_u32(&t);		/* version */
		info->packing = bytes_u32(&t);
		break;
	default:
		break;
	}
	if (t.bad)
		perf_note_add(damage, SOURCE_NO_CPU, "header sections that end early", 1);
}

void perf_info_update(struct perf_attrs *a, const uint8_t *rec, uint32_t size, bool swap)
{
	const char *name = (const char *)rec + 24;

	if (size > 24 && perf_u64(rec + 8, swap) == EVENT_NAME)
		name_attr(perf_attr_by_id(a, perf_u64(rec + 16, swap)), name, strnlen(name, size - 24));
}

/* One word: the kernel's names hold no blanks, a damaged one may. */
static const char *word(const char *s, const char *otherwise)
{
	return s && *s && !s[strcspn(s, " \t\n")] ? s : otherwise;
}

char *perf_info_uname(const struct perf_info *info)
{
	if (!info->release || !word(info->release, NULL))
		return xstrdup("");
	return xasprintf("Linux %s %s %s", word(info->hostname, "(none)"), info->release, word(info->arch, "unknown"));
}

const char *perf_info_clock(const struct perf_attrs *a)
{
	if (!a->nr || !a->v[0].use_clockid)
		return "perf";
	switch (a->v[0].clockid) {
	case CLOCK_MONOTONIC:
		return "mono";
	case CLOCK_MONOTONIC_RAW:
		return "mono_raw";
	case CLOCK_BOOTTIME:
		return "boot";
	case CLOCK_TAI:
		return "tai";
	case CLOCK_REALTIME:
		return "realtime";
	default:
		return "unknown";
	}
}

char *perf_info_event_name(const struct perf_attr *a)
{
	static const char *const names[][11] = {	/* enum perf_hw_id, enum perf_sw_ids */
		{ "cycles", "instructions", "cache-references", "cache-misses", "branches", "branch-misses",
		  "bus-cycles", "stalled-cycles-frontend", "stalled-cycles-backend", "ref-cycles" },
		{ "cpu-clock", "task-clock", "page-faults", "context-switches", "cpu-migrations", "minor-faults",
		  "major-faults", "alignment-faults", "emulation-faults", "dummy", "bpf-output" },
	};

	if (a->name)
		return xstrdup(a->name);
	if (a->type < ARRAY_SIZE(names) && a->config < ARRAY_SIZE(names[0]) && names[a->type][a->config])
		return xstrdup(names[a->type][a->config]);
	return xasprintf("type %u config %#llx", a->type, (unsigned long long)a->config);
}

void perf_info_fini(struct perf_info *info)
{
	free(info->hostname);
	free(info->release);
	free(info->arch);
	*info = (struct perf_info){ 0 };
}
