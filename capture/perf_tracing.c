// SPDX-License-Identifier: GPL-2.0-or-later
/* Event formats inside a perf.data. */
#include "capture/perf_tracing.h"

#include <stdlib.h>
#include <string.h>

#include "capture/bytes.h"
#include "capture/source.h"

/* Magic, version, byte order, size of a long, page size; "header_page" and "header_event". */
static void take_head(struct bytes *t, double *version)
{
	static const uint8_t magic[] = { 23, 8, 68, 't', 'r', 'a', 'c', 'i', 'n', 'g' };
	const uint8_t *p = bytes_skip(t, sizeof(magic));
	const char *text;

	t->bad |= !p || memcmp(p, magic, sizeof(magic));
	text = bytes_str(t);
	*version = text ? strtod(text, NULL) : 0;
	bytes_skip(t, 2);
	bytes_u32(t);
	for (int i = 0; i < 2; i++) {
		bytes_str(t);
		bytes_skip(t, bytes_u64(t));
	}
}

static void take_formats(struct bytes *t, struct formats *f, const char *system)
{
	uint32_t nr = bytes_u32(t);

	for (uint32_t i = 0; i < nr && !t->bad; i++) {
		uint64_t len = bytes_u64(t);
		const uint8_t *text = bytes_skip(t, len);

		if (text)
			formats_add(f, system, (const char *)text, len);
	}
}

static void take_threads(struct bytes *t, perf_thread_fn fn, void *arg)
{
	uint64_t len = bytes_u64(t);
	const char *line = (const char *)bytes_skip(t, len), *end = line ? line + len : NULL;

	while (line && line < end) {
		const char *nl = memchr(line, '\n', end - line), *stop = nl ? nl : end, *p = line;
		uint32_t tid = 0;

		for (; p < stop && *p >= '0' && *p <= '9'; p++)
			tid = tid * 10 + (*p - '0');
		if (p > line && p < stop && *p == ' ')
			fn(arg, tid, p + 1, stop - p - 1);
		line = nl ? nl + 1 : NULL;
	}
}

void perf_tracing_read(const uint8_t *p, uint64_t len, bool swap, struct formats *f, perf_thread_fn fn, void *arg,
		       struct perf_notes *damage)
{
	struct bytes t = bytes_part(p, len, swap);
	double version;
	uint32_t systems;

	take_head(&t, &version);
	take_formats(&t, f, "ftrace");
	systems = bytes_u32(&t);
	for (uint32_t i = 0; i < systems && !t.bad; i++) {
		const char *system = bytes_str(&t);

		if (system)
			take_formats(&t, f, system);
	}
	bytes_skip(&t, bytes_u32(&t));			/* /proc/kallsyms */
	bytes_skip(&t, bytes_u32(&t));			/* printk formats */
	if (version >= 0.6)
		take_threads(&t, fn, arg);
	if (t.bad)
		perf_note_add(damage, SOURCE_NO_CPU, "the event formats end early", 1);
}
