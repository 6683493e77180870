/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dictionary to JSON and back: one table of members per struct. */
#include "event/meta_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "event/disk.h"

enum member_type { M_TEXT, M_CHARS, M_U64, M_U32, M_I32, M_BOOL, M_WORD };

struct member {
	const char		*name;
	size_t			 offset;
	enum member_type	 type;
	size_t			 size;		/* M_CHARS: of the array */
	const char *(*word)(unsigned int v);	/* M_WORD: NULL past the last */
};

static const char *arch_word(unsigned int v)
{
	return v == KVM_X86 ? "x86" : v == KVM_ARM64 ? "arm64" : NULL;
}

static const char *tdp_word(unsigned int v)
{
	return v == SPTE_NPT ? "npt" : v == SPTE_EPT ? "ept" : NULL;
}

static const char *release_word(unsigned int v)
{
	return v < KVM_NR_RELEASES ? kvm_release_name(v) : NULL;
}

#define MEMBER(type, where, member)	{ #member, offsetof(struct where, member), type, 0, NULL }
#define WORD(where, member)		{ #member, offsetof(struct where, member), M_WORD, 0, member##_word }

static const struct member meta_members[] = {
	WORD(ev_meta, arch),
	MEMBER(M_TEXT, ev_meta, kernel),
	MEMBER(M_TEXT, ev_meta, machine),
	WORD(ev_meta, release),
	MEMBER(M_BOOL, ev_meta, release_exact),
	WORD(ev_meta, tdp),
	MEMBER(M_BOOL, ev_meta, tdp_mmu),
	MEMBER(M_BOOL, ev_meta, shadow),
	MEMBER(M_U32, ev_meta, page_shift),
	MEMBER(M_U32, ev_meta, nr_cpus),
	MEMBER(M_TEXT, ev_meta, clock),
	MEMBER(M_TEXT, ev_meta, source),
	MEMBER(M_TEXT, ev_meta, synthetic),
	{ "source_xxh3", offsetof(struct ev_meta, source_xxh3), M_CHARS,
	  sizeof(((struct ev_meta *)0)->source_xxh3), NULL },
	MEMBER(M_U64, ev_meta, events),
	MEMBER(M_U64, ev_meta, kvm_events),
	MEMBER(M_U64, ev_meta, first_ns),
	MEMBER(M_U64, ev_meta, last_ns),
	MEMBER(M_BOOL, ev_meta, has_ends),
	MEMBER(M_BOOL, ev_meta, has_probes),
	{ 0 }
};

static const struct member param_members[] = {
	MEMBER(M_TEXT, ev_param, name),
	MEMBER(M_TEXT, ev_param, value),
	{ 0 }
};

static const struct member lost_members[] = {
	MEMBER(M_U32, ev_lost, cpu),
	MEMBER(M_TEXT, ev_lost, cause),
	MEMBER(M_U64, ev_lost, n),
	{ 0 }
};

static const struct member task_members[] = {
	MEMBER(M_U32, ev_task, tid),
	MEMBER(M_U32, ev_task, tgid),
	MEMBER(M_I32, ev_task, vcpu),
	MEMBER(M_I32, ev_task, vm),
	MEMBER(M_TEXT, ev_task, comm),
	{ 0 }
};

static const struct member stat_members[] = {
	MEMBER(M_TEXT, ev_stat, vm),
	MEMBER(M_TEXT, ev_stat, name),
	MEMBER(M_U64, ev_stat, begin),
	MEMBER(M_U64, ev_stat, end),
	{ 0 }
};

static const struct member vm_members[] = {
	MEMBER(M_TEXT, ev_vm, name),
	MEMBER(M_U64, ev_vm, kvm),
	MEMBER(M_U32, ev_vm, tgid),
	MEMBER(M_U32, ev_vm, nr_vcpus),
	MEMBER(M_BOOL, ev_vm, slots_seen),
	MEMBER(M_BOOL, ev_vm, slots_inferred),
	MEMBER(M_U64, ev_vm, frames_nowhere),
	MEMBER(M_BOOL, ev_vm, dirty_inferred),
	MEMBER(M_BOOL, ev_vm, dirty_ring),
	MEMBER(M_BOOL, ev_vm, dirty_manual),
	MEMBER(M_BOOL, ev_vm, dirty_init_set),
	MEMBER(M_U32, ev_vm, guest_levels),
	MEMBER(M_U32, ev_vm, guest_roots),
	MEMBER(M_U64, ev_vm, guest_tables),
	{ 0 }
};

static json_t *json_of_text(const char *text)
{
	json_t *json = json_string(text);
	char *plain, *p;

	if (json)
		return json;
	plain = p = xmalloc(strlen(text) * 4 + 1);
	for (; *text; text++)
		p += sprintf(p, (unsigned char)*text < 0x80 ? "%c" : "\\x%02x", (unsigned char)*text);
	json = json_string(plain);
	free(plain);
	return json;
}

static json_t *json_of_u64(uint64_t v)
{
	char hex[32];

	if (v <= INT64_MAX)
		return json_integer(v);
	snprintf(hex, sizeof(hex), "0x%llx", (unsigned long long)v);
	return json_string(hex);
}

static json_t *json_of_member(const void *field, const struct member *m)
{
	switch (m->type) {
	case M_TEXT:
		return *(char *const *)field ? json_of_text(*(char *const *)field) : NULL;
	case M_CHARS:
		return json_of_text(field);
	case M_U64:
		return json_of_u64(*(const uint64_t *)field);
	case M_U32:
		return json_integer(*(const uint32_t *)field);
	case M_I32:
		return json_integer(*(const int32_t *)field);
	case M_BOOL:
		return json_boolean(*(const bool *)field);
	case M_WORD:
		return json_of_text(m->word(*(const unsigned int *)field));
	}
	return NULL;
}

static json_t *json_of_struct(const void *from, const struct member *members)
{
	json_t *object = json_object();

	for (const struct member *m = members; m->name; m++) {
		json_t *value = json_of_member((const char *)from + m->offset, m);

		if (value)
			json_object_set_new(object, m->name, value);
	}
	return object;
}

static json_t *json_of_array(const void *v, size_t nr, size_t size, const struct member *members)
{
	json_t *array = json_array();

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(array, json_of_struct((const char *)v + i * size, members));
	return array;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ev_count *)a)->name, ((const struct ev_count *)b)->name);
}

static json_t *json_of_counts(const struct ev_counts *c)
{
	struct ev_count *sorted = xcalloc(c->nr, sizeof(*sorted));
	json_t *object = json_object();

	if (c->nr)
		memcpy(sorted, c->v, c->nr * sizeof(*sorted));
	qsort(sorted, c->nr, sizeof(*sorted), by_name);
	for (size_t i = 0; i < c->nr; i++) {
		json_t *name = json_of_text(sorted[i].name);

		json_object_set_new(object, json_string_value(name), json_of_u64(sorted[i].n));
		json_decref(name);
	}
	free(sorted);
	return object;
}

json_t *meta_to_json(const struct ev_meta *m)
{
	json_t *o;

	json_set_alloc_funcs(xmalloc, free);	/* nothing below can fail then */
	o = json_of_struct(m, meta_members);
	json_object_set_new(o, "params", json_of_array(m->params, m->nr_params, sizeof(*m->params), param_members));
	json_object_set_new(o, "lost", json_of_array(m->lost, m->nr_lost, sizeof(*m->lost), lost_members));
	json_object_set_new(o, "tasks", json_of_array(m->tasks, m->nr_tasks, sizeof(*m->tasks), task_members));
	json_object_set_new(o, "vms", json_of_array(m->vms, m->nr_vms, sizeof(*m->vms), vm_members));
	if (m->nr_stats)
		json_object_set_new(o, "stats", json_of_array(m->stats, m->nr_stats, sizeof(*m->stats), stat_members));
	json_object_set_new(o, "sources", json_of_counts(&m->sources));
	json_object_set_new(o, "unused", json_of_counts(&m->unused));
	json_object_set_new(o, "lacking", json_of_counts(&m->lacking));
	json_object_set_new(o, "kinds", json_of_counts(&m->kinds));
	json_object_set_new(o, "damage", json_of_counts(&m->damage));
	return o;
}

static bool u64_of_json(const json_t *json, uint64_t *out)
{
	const char *text = json_string_value(json);
	char *end;

	if (json_is_integer(json) && json_integer_value(json) >= 0) {
		*out = json_integer_value(json);
		return true;
	}
	if (!text || strncmp(text, "0x", 2) || !text[2] || strspn(text + 2, "0123456789abcdefABCDEF") > 16)
		return false;
	*out = strtoull(text + 2, &end, 16);
	return !*end;
}

static bool u32_of_json(const json_t *json, uint32_t *out)
{
	uint64_t v;

	if (!u64_of_json(json, &v) || v > UINT32_MAX)
		return false;
	*out = v;
	return true;
}

static bool i32_of_json(const json_t *json, int32_t *out)
{
	json_int_t v = json_integer_value(json);

	if (!json_is_integer(json) || v < INT32_MIN || v > INT32_MAX)
		return false;
	*out = v;
	return true;
}

static bool word_of_json(const json_t *json, const struct member *m, unsigned int *out)
{
	const char *text = json_string_value(json);

	for (unsigned int v = 0; text && m->word(v); v++) {
		if (!strcmp(m->word(v), text)) {
			*out = v;
			return true;
		}
	}
	return false;
}

static bool text_of_json(const json_t *json, char **out)
{
	if (!json_is_string(json))
		return false;
	free(*out);
	*out = xstrdup(json_string_value(json));
	return true;
}

static bool chars_of_json(const json_t *json, const struct member *m, char *out)
{
	if (!json_is_string(json) || json_string_length(json) >= m->size)
		return false;
	memset(out, 0, m->size);
	strcpy(out, json_string_value(json));
	return true;
}

static bool member_of_json(const json_t *json, const struct member *m, void *field)
{
	switch (m->type) {
	case M_TEXT:
		return text_of_json(json, field);
	case M_CHARS:
		return chars_of_json(json, m, field);
	case M_U64:
		return u64_of_json(json, field);
	case M_U32:
		return u32_of_json(json, field);
	case M_I32:
		return i32_of_json(json, field);
	case M_BOOL:
		*(bool *)field = json_is_true(json);
		return json_is_boolean(json);
	case M_WORD:
		return word_of_json(json, m, field);
	}
	return false;
}

static int struct_of_json(const json_t *json, void *to, const struct member *members, const char *where,
			  struct err *e)
{
	if (!json_is_object(json))
		return err_set(e, ERR_INPUT, "%s: dictionary: an object is expected", where);
	for (const struct member *m = members; m->name; m++) {
		const json_t *value = json_object_get(json, m->name);

		if (value && !member_of_json(value, m, (char *)to + m->offset))
			return err_set(e, ERR_INPUT, "%s: dictionary: value of '%s' is not what it should be",
				       where, m->name);
	}
	return 0;
}

static int counts_of_json(const json_t *parent, const char *name, struct ev_counts *c, const char *where,
			  struct err *e)
{
	json_t *counts = json_object_get(parent, name), *value;
	const char *key;
	uint64_t n;

	if (counts && !json_is_object(counts))
		return err_set(e, ERR_INPUT, "%s: dictionary: '%s' is not an object", where, name);
	json_object_foreach(counts, key, value) {
		if (!u64_of_json(value, &n))
			return err_set(e, ERR_INPUT, "%s: dictionary: '%s' of '%s' is not a count", where, key, name);
		ev_counts_add(c, key, n);
	}
	return 0;
}

/* The arrays: a fresh element for each, filled from JSON. */
static int add_param(struct ev_meta *m, const json_t *json, const char *where, struct err *e)
{
	struct ev_param p = { 0 };
	int ret = struct_of_json(json, &p, param_members, where, e);

	if (!ret && (!p.name || !p.value))
		ret = err_set(e, ERR_INPUT, "%s: dictionary: a parameter lacks its name or value", where);
	if (!ret)
		ev_meta_set_param(m, p.name, p.value);
	free(p.name);
	free(p.value);
	return ret;
}

static int add_lost(struct ev_meta *m, const json_t *json, const char *where, struct err *e)
{
	struct ev_lost lost = { 0 };
	int ret = struct_of_json(json, &lost, lost_members, where, e);

	if (!ret)
		ev_meta_add_lost(m, lost.cpu, lost.cause ? lost.cause : "unknown", lost.n);
	free(lost.cause);
	return ret;
}

static int add_task(struct ev_meta *m, const json_t *json, const char *where, struct err *e)
{
	uint32_t task;

	if (m->nr_tasks >= DISK_TASKS_MAX)
		return err_set(e, ERR_INPUT, "%s: dictionary: more than %u tasks", where, DISK_TASKS_MAX);
	task = ev_meta_add_task(m, 0, "");
	return struct_of_json(json, &m->tasks[task], task_members, where, e);
}

static int add_vm(struct ev_meta *m, const json_t *json, const char *where, struct err *e)
{
	uint32_t vm;

	if (m->nr_vms > UINT16_MAX)
		return err_set(e, ERR_INPUT, "%s: dictionary: more than %u VMs", where, UINT16_MAX + 1u);
	vm = ev_meta_add_vm(m);
	return struct_of_json(json, &m->vms[vm], vm_members, where, e);
}

static int add_stat(struct ev_meta *m, const json_t *json, const char *where, struct err *e)
{
	struct ev_stat s = { 0 }, *stat;
	int ret = struct_of_json(json, &s, stat_members, where, e);

	if (!ret && (!s.vm || !s.name))
		ret = err_set(e, ERR_INPUT, "%s: dictionary: a statistic lacks its VM or name", where);
	if (!ret) {
		stat = ev_meta_stat(m, s.vm, s.name);
		stat->begin = s.begin;
		stat->end = s.end;
	}
	free(s.vm);
	free(s.name);
	return ret;
}

static int array_of_json(const json_t *parent, const char *name, struct ev_meta *m,
			 int (*add)(struct ev_meta *m, const json_t *json, const char *where, struct err *e),
			 const char *where, struct err *e)
{
	const json_t *array = json_object_get(parent, name);
	size_t nr = json_array_size(array);

	if (array && !json_is_array(array))
		return err_set(e, ERR_INPUT, "%s: dictionary: '%s' is not an array", where, name);
	for (size_t i = 0; i < nr; i++) {
		int ret = add(m, json_array_get(array, i), where, e);

		if (ret)
			return ret;
	}
	return 0;
}

int meta_from_json(const json_t *json, struct ev_meta *m, const char *where, struct err *e)
{
	int ret = struct_of_json(json, m, meta_members, where, e);

	ret = ret ? ret : array_of_json(json, "params", m, add_param, where, e);
	ret = ret ? ret : array_of_json(json, "lost", m, add_lost, where, e);
	ret = ret ? ret : array_of_json(json, "tasks", m, add_task, where, e);
	ret = ret ? ret : array_of_json(json, "vms", m, add_vm, where, e);
	ret = ret ? ret : array_of_json(json, "stats", m, add_stat, where, e);
	ret = ret ? ret : counts_of_json(json, "sources", &m->sources, where, e);
	ret = ret ? ret : counts_of_json(json, "unused", &m->unused, where, e);
	ret = ret ? ret : counts_of_json(json, "lacking", &m->lacking, where, e);
	ret = ret ? ret : counts_of_json(json, "kinds", &m->kinds, where, e);
	ret = ret ? ret : counts_of_json(json, "damage", &m->damage, where, e);
	if (!ret && (m->page_shift < 12 || m->page_shift > 16))
		ret = err_set(e, ERR_INPUT, "%s: dictionary: page_shift %u is none that KVM has", where,
			      m->page_shift);
	return ret;
}
