// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts from headers people leave in, and from what only some kernels print. */
#include "capture/text_facts.h"

#include <stdio.h>
#include <string.h>

#define HEADER		256		/* bytes of a header's line */
#define NONPRESENT	BIT_ULL(63)	/* x86 SPTE, since v6.10; 0 before (KVM spte.h) */

static void set_release(struct text_facts *f, const char *release, enum text_release from)
{
	if (f->release_from == TEXT_RELEASE_SAID || (from == TEXT_RELEASE_INFERRED && f->release_from))
		return;
	snprintf(f->release, sizeof(f->release), "%s", release);
	f->release_from = from;
}

/* "Linux HOST RELEASE ..." of uname -a and trace-cmd report --uname. */
static void note_uname(struct text_facts *f, const char *line)
{
	char release[64];
	int digit;

	if (sscanf(line, "Linux %*s %63s", release) != 1 || sscanf(release, "%d.%d", &digit, &digit) != 2)
		return;
	set_release(f, release, TEXT_RELEASE_SAID);
	f->is_x86 |= strstr(line, "x86_64") != NULL;
	f->is_arm64 |= strstr(line, "aarch64") != NULL;
}

/* tracefs: the latency format's "# nop latency trace v1.1.5 on RELEASE", and how full the buffer was. */
static void note_header(struct text_facts *f, const char *line)
{
	const char *on = strstr(line, " latency trace v"), *p;
	unsigned long long in_buffer, written;
	char release[64];
	unsigned int cpus;

	on = on ? strstr(on, " on ") : NULL;
	if (on && sscanf(on, " on %63s", release) == 1)
		set_release(f, release, TEXT_RELEASE_SAID);
	p = strstr(line, "entries-in-buffer/entries-written: ");
	if (p && sscanf(p, "%*s %llu/%llu", &in_buffer, &written) == 2 && written >= in_buffer) {
		f->overwritten = written - in_buffer;
		f->counted += in_buffer;
	}
	p = strstr(line, "#P:");
	if (p && sscanf(p, "#P:%5u", &cpus) == 1 && cpus <= TEXT_CPUS && cpus > f->nr_cpus)
		f->nr_cpus = cpus;
}

static void note_line(struct text_facts *f, const char *raw, size_t len)
{
	char line[HEADER];
	unsigned int cpus;
	size_t n = len < sizeof(line) - 1 ? len : sizeof(line) - 1;

	memcpy(line, raw, n);
	line[n] = '\0';
	if (*line == '#')
		note_header(f, line);
	else if (!strncmp(line, "Linux ", 6))
		note_uname(f, line);
	else if (sscanf(line, "cpus=%5u", &cpus) == 1 && cpus <= TEXT_CPUS && cpus > f->nr_cpus)
		f->nr_cpus = cpus;
}

void text_facts_line(struct text_facts *f, enum text_kind kind, const struct text_line *l, const char *raw, size_t len)
{
	if (likely(kind == TEXT_EVENT)) {
		if (!f->events++)
			f->clock = l->clock;
		if (l->cpu >= f->nr_cpus)
			f->nr_cpus = l->cpu + 1;
		f->disorder |= l->ts < f->last_ts;
		f->back += l->ts < f->last_of[l->cpu];
		f->last_of[l->cpu] = l->ts;
		f->last_ts = l->ts;
		f->after_event = true;
		return;
	}
	f->wrapped |= kind == TEXT_HEAD || (kind == TEXT_OTHER && f->after_event);
	f->after_event = false;
	note_line(f, raw, len);
}

/* A probe's name that speaks of a fault handler's return; what its lines are like decides. */
static bool may_return_fault(const char *event)
{
	const char *name = strstr(event, "page_fault");

	name = name ? name : strstr(event, "pf64");
	return name && strstr(name, "_ret");
}

bool text_facts_wants(const struct text_facts *f, const char *event)
{
	return !f->release_from && (!strcmp(event, "kvm_tdp_mmu_spte_changed") || may_return_fault(event));
}

static bool is_word(const struct text_grammar *g, const struct text_values *v, const char *field, uint64_t value)
{
	int i = text_grammar_field(g, field);

	return i >= 0 && v->have >> i & 1 && v->v[i] == value;
}

static bool has(const struct text_grammar *g, const struct text_values *v, const char *field)
{
	int i = text_grammar_field(g, field);

	return i >= 0 && v->have >> i & 1;
}

/*
 * No handler returns INVALID.  4 is FIXED from v5.19 to v6.11 and INVALID since; 6, SPURIOUS since, was nothing before
 * (KVM mmu_internal.h).
 */
static void note_fault_return(struct text_facts *f, const struct text_grammar *g, const struct text_values *v)
{
	if (is_word(g, v, "ret", 4) || is_word(g, v, "retval", 4) || is_word(g, v, "arg1", 4))
		set_release(f, "6.1-inferred", TEXT_RELEASE_INFERRED);
	else if (is_word(g, v, "ret", 6) || is_word(g, v, "retval", 6) || is_word(g, v, "arg1", 6))
		set_release(f, "6.12-inferred", TEXT_RELEASE_INFERRED);
}

void text_facts_body(struct text_facts *f, const char *event, const struct text_grammar *g, const struct text_values *v)
{
	const char *system = text_grammar_system(g);

	f->is_x86 |= !strcmp(system, "kvmmmu") || !strcmp(event, "kvm_page_fault") || has(g, v, "guest_rip") ||
		     has(g, v, "rip");
	f->is_arm64 |= (!strcmp(system, "kvm") && has(g, v, "vcpu_pc")) || !strcmp(event, "kvm_access_fault");
	if (!strcmp(event, "kvm_set_spte_hva"))		/* gone in v6.10 */
		set_release(f, "6.1-inferred", TEXT_RELEASE_INFERRED);
	if (may_return_fault(event) && has(g, v, "__probe_func"))
		note_fault_return(f, g, v);
	if (strcmp(event, "kvm_tdp_mmu_spte_changed"))
		return;
	f->tdp_mmu = true;
	if (is_word(g, v, "old_spte", NONPRESENT) || is_word(g, v, "new_spte", NONPRESENT))
		set_release(f, "6.12-inferred", TEXT_RELEASE_INFERRED);
	else if (is_word(g, v, "old_spte", 0) || is_word(g, v, "new_spte", 0))
		set_release(f, "6.1-inferred", TEXT_RELEASE_INFERRED);
}

void text_facts_uname(const struct text_facts *f, char *out, size_t size)
{
	const char *machine = f->is_arm64 && !f->is_x86 ? "aarch64" : "x86_64";

	if (f->release_from)
		snprintf(out, size, "Linux unknown %s %s", f->release, machine);
	else if (f->is_arm64 && !f->is_x86)
		snprintf(out, size, "Linux unknown unknown %s", machine);
	else
		*out = '\0';
}
