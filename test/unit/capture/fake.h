/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_CAPTURE_FAKE_H
#define TEST_UNIT_CAPTURE_FAKE_H

#include <stdio.h>
#include <string.h>

#include "capture/raw_events.h"

/*
 * A source made of steps.  Its events have the fields of their rows, eight bytes
 * wide each and in the order of the row; probes have an address too, which is 0 and
 * has no symbol, so that their names tell what they are.
 */
#define STEPS_MAX	40
#define FAKE_FIELDS_AT	8
#define FAKE_IP_AT	128

struct step {
	uint64_t	 ts;
	uint32_t	 tid;
	const char	*event;
	uint64_t	 v[6];
	const char	*text;
	uint32_t	 cpu;
	bool		 missed;
};

struct fake {
	struct source	    source;
	struct source_event events[STEPS_MAX];
	const struct step  *steps;
	const char	   *comm;	/* of every thread; NULL: "task" */
	const struct raw_table *table;
	uint32_t	    at;
	uint8_t		    data[256];
};

/* The row an event of that name is, as one event or probe of either kind. */
static const struct raw_row *fake_row(const struct raw_table *table, const char *event)
{
	for (unsigned int id = 1; id < table->nr; id++) {
		const struct raw_row *row = &table->rows[id];
		const char *colon = row->names ? strchr(row->names, ':') : NULL;
		size_t len = strlen(event);

		if (!row->names)
			continue;
		if (row->kind == RAW_AS_EVENT) {
			if (!strcmp(colon + 1, event))
				return row;
			continue;
		}
		if ((row->kind == RAW_AS_RETURN) != (len > 4 && !strcmp(event + len - 4, "_ret")))
			continue;
		len -= row->kind == RAW_AS_RETURN ? 4 : 0;
		for (const char *word = row->names; *word;) {
			size_t n = strcspn(word, " ");
			const char *name = *word == '~' ? word + 1 : !strncmp(word, "kvm_", 4) ? word + 4 : word;

			if ((size_t)(word + n - name) == len && !strncmp(name, event, len))
				return row;
			word += n;
			word += strspn(word, " ");
		}
	}
	return NULL;
}

static bool fake_field(struct source *s, uint32_t event, const char *name, struct source_field *out)
{
	const struct raw_row *row = fake_row(((struct fake *)s)->table, s->events[event].name);
	const char *list = row ? row->fields : "";
	uint16_t offset = FAKE_FIELDS_AT;

	if (row && !strcmp(name, row->kind == RAW_AS_ENTRY ? "__probe_ip" :
			   row->kind == RAW_AS_RETURN ? "__probe_func" : "")) {
		*out = (struct source_field){ .offset = FAKE_IP_AT, .size = 8 };
		return true;
	}
	while (*list) {
		size_t len = strcspn(list, " "), skip = *list == '$' || *list == '?';

		if (strcspn(list + skip, "| ") == strlen(name) && !strncmp(list + skip, name, strlen(name))) {
			*out = (struct source_field){ .offset = offset, .size = *list == '$' ? 0 : 8 };
			return true;
		}
		offset += 8;
		list += len;
		list += strspn(list, " ");
	}
	return false;
}

static uint32_t fake_event(struct source *s, const char *name)
{
	const struct raw_table *table = ((struct fake *)s)->table;
	const struct raw_row *row = fake_row(table, name);
	static char systems[RAW_NR][16];
	char *system = systems[row ? row - table->rows : 0];

	for (uint32_t i = 0; i < s->nr_events; i++)
		if (!strcmp(s->events[i].name, name))
			return i;
	strcpy(system, "lab");
	if (row && row->kind == RAW_AS_EVENT)
		snprintf(system, sizeof(systems[0]), "%.*s", (int)strcspn(row->names, ":"), row->names);
	s->events[s->nr_events] = (struct source_event){ .id = (int)s->nr_events, .system = system, .name = name };
	return s->nr_events++;
}

static int fake_next(struct source *s, struct source_record *rec, struct err *e)
{
	struct fake *f = (struct fake *)s;
	const struct step *st = &f->steps[f->at];

	(void)e;
	if (f->at == STEPS_MAX || !st->event)
		return 0;
	memset(f->data, 0, sizeof(f->data));
	memcpy(f->data + FAKE_FIELDS_AT, st->v, sizeof(st->v));
	if (st->text)
		strcpy((char *)f->data + FAKE_FIELDS_AT, st->text);
	*rec = (struct source_record){ .ts_ns = st->ts, .cpu = st->cpu, .tid = st->tid, .size = sizeof(f->data),
				       .event = fake_event(s, st->event), .missed = st->missed, .data = f->data };
	f->at++;
	return 1;
}

static const char *fake_comm(struct source *s, uint32_t tid)
{
	const char *comm = ((struct fake *)s)->comm;

	(void)tid;
	return comm ? comm : "task";
}

static const struct source_ops fake_ops = { .next = fake_next, .field = fake_field, .comm = fake_comm };

/* @steps end with one that has no event, or with the array. */
static void fake_init(struct fake *f, const struct step *steps, enum kvm_arch arch)
{
	memset(f, 0, sizeof(*f));
	f->table = arch == KVM_ARM64 ? &raw_arm64 : &raw_x86;
	f->steps = steps;
	f->source = (struct source){ .ops = &fake_ops, .events = f->events,
				     .info = { .uname = arch == KVM_ARM64 ? "Linux host 6.12.1 aarch64" : "Linux host 6.12.1 x86_64",
					       .clock = "mono", .nr_cpus = 2 } };
	for (const struct step *st = steps; st < steps + STEPS_MAX && st->event; st++)
		fake_event(&f->source, st->event);
}

#endif
