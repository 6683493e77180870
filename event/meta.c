/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Header and dictionary: arrays that grow by doubling. */
#include "event/meta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/*
 * Room for one more element behind @nr.  The array doubles when @nr reaches a
 * power of two, so nothing but the count needs keeping.
 */
static void *grown(void *v, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return v;
	return xreallocarray(v, nr ? nr * 2 : 1, size);
}

void ev_meta_init(struct ev_meta *m)
{
	*m = (struct ev_meta){ .page_shift = 12 };
}

void ev_counts_fini(struct ev_counts *c)
{
	for (size_t i = 0; i < c->nr; i++)
		free(c->v[i].name);
	free(c->v);
	*c = (struct ev_counts){ 0 };
}

void ev_meta_fini(struct ev_meta *m)
{
	for (size_t i = 0; i < m->nr_params; i++) {
		free(m->params[i].name);
		free(m->params[i].value);
	}
	for (size_t i = 0; i < m->nr_lost; i++)
		free(m->lost[i].cause);
	for (size_t i = 0; i < m->nr_tasks; i++)
		free(m->tasks[i].comm);
	for (size_t i = 0; i < m->nr_vms; i++)
		free(m->vms[i].name);
	for (size_t i = 0; i < m->nr_stats; i++) {
		free(m->stats[i].vm);
		free(m->stats[i].name);
	}
	free(m->params);
	free(m->stats);
	free(m->lost);
	free(m->tasks);
	free(m->vms);
	ev_counts_fini(&m->sources);
	ev_counts_fini(&m->unused);
	ev_counts_fini(&m->lacking);
	ev_counts_fini(&m->kinds);
	ev_counts_fini(&m->damage);
	free(m->kernel);
	free(m->machine);
	free(m->clock);
	free(m->source);
	free(m->synthetic);
	*m = (struct ev_meta){ 0 };
}

static struct ev_count *counts_find(const struct ev_counts *c, const char *name)
{
	for (size_t i = 0; i < c->nr; i++) {
		if (!strcmp(c->v[i].name, name))
			return &c->v[i];
	}
	return NULL;
}

void ev_counts_add(struct ev_counts *c, const char *name, uint64_t n)
{
	struct ev_count *found = counts_find(c, name);

	if (!found) {
		if (c->nr == c->cap) {
			c->cap = c->cap ? c->cap * 2 : 8;
			c->v = xreallocarray(c->v, c->cap, sizeof(*c->v));
		}
		found = &c->v[c->nr++];
		*found = (struct ev_count){ .name = xstrdup(name) };
	}
	found->n += n;
}

uint64_t ev_counts_get(const struct ev_counts *c, const char *name)
{
	const struct ev_count *found = counts_find(c, name);

	return found ? found->n : 0;
}

uint32_t ev_meta_add_task(struct ev_meta *m, uint32_t tid, const char *comm)
{
	m->tasks = grown(m->tasks, m->nr_tasks, sizeof(*m->tasks));
	m->tasks[m->nr_tasks] = (struct ev_task){
		.tid = tid, .vcpu = -1, .vm = -1, .comm = xstrdup(comm ? comm : ""),
	};
	return m->nr_tasks++;
}

uint32_t ev_meta_add_vm(struct ev_meta *m)
{
	m->vms = grown(m->vms, m->nr_vms, sizeof(*m->vms));
	m->vms[m->nr_vms] = (struct ev_vm){ 0 };
	return m->nr_vms++;
}

void ev_meta_add_lost(struct ev_meta *m, uint32_t cpu, const char *cause, uint64_t n)
{
	for (size_t i = 0; i < m->nr_lost; i++) {
		if (m->lost[i].cpu == cpu && !strcmp(m->lost[i].cause, cause)) {
			m->lost[i].n += n;
			return;
		}
	}
	m->lost = grown(m->lost, m->nr_lost, sizeof(*m->lost));
	m->lost[m->nr_lost++] = (struct ev_lost){ .cpu = cpu, .cause = xstrdup(cause), .n = n };
}

struct ev_stat *ev_meta_stat(struct ev_meta *m, const char *vm, const char *name)
{
	for (size_t i = 0; i < m->nr_stats; i++) {
		if (!strcmp(m->stats[i].vm, vm) && !strcmp(m->stats[i].name, name))
			return &m->stats[i];
	}
	m->stats = grown(m->stats, m->nr_stats, sizeof(*m->stats));
	m->stats[m->nr_stats] = (struct ev_stat){ .vm = xstrdup(vm), .name = xstrdup(name) };
	return &m->stats[m->nr_stats++];
}

static struct ev_param *param_find(const struct ev_meta *m, const char *name)
{
	for (size_t i = 0; i < m->nr_params; i++) {
		if (!strcmp(m->params[i].name, name))
			return &m->params[i];
	}
	return NULL;
}

void ev_meta_set_param(struct ev_meta *m, const char *name, const char *value)
{
	struct ev_param *p = param_find(m, name);

	if (!p) {
		m->params = grown(m->params, m->nr_params, sizeof(*m->params));
		p = &m->params[m->nr_params++];
		*p = (struct ev_param){ .name = xstrdup(name) };
	}
	free(p->value);
	p->value = xstrdup(value);
}

const char *ev_meta_param(const struct ev_meta *m, const char *name)
{
	const struct ev_param *p = param_find(m, name);

	return p ? p->value : NULL;
}

bool ev_meta_param_on(const struct ev_meta *m, const char *name)
{
	const char *v = ev_meta_param(m, name);

	return v && (!strcmp(v, "Y") || !strcmp(v, "1"));
}

bool ev_meta_param_off(const struct ev_meta *m, const char *name)
{
	const char *v = ev_meta_param(m, name);

	return v && (!strcmp(v, "N") || !strcmp(v, "0"));
}

uint32_t ev_meta_param_number(const struct ev_meta *m, const char *name, uint32_t otherwise)
{
	const char *v = ev_meta_param(m, name);
	unsigned long n;
	char *end;

	if (!v || *v < '0' || *v > '9')
		return otherwise;
	errno = 0;
	n = strtoul(v, &end, 10);
	return *end || errno || n > UINT32_MAX ? otherwise : (uint32_t)n;
}
