/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Searching schedules in which an invariant breaks, and telling how. */
#include <jansson.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "cmd/replay_run.h"

/* What the schedules of one policy came to. */
struct found {
	uint64_t	     nr;	/* schedules in which something broke */
	uint64_t	     seed;	/* of the shortest: fewest hand-overs until it broke */
	struct drive_broken *shortest;	/* NULL: nothing broke */
};

static int try_schedule(const struct replay_ask *ask, const struct replay_trace *trace, const struct policy *policy,
			struct drive_broken *broken, struct err *e)
{
	struct result result;
	struct costs costs;
	struct drive_job job;
	int rc = replay_job(ask, trace, policy, &costs, &job, e);

	if (rc)
		return rc;
	broken->any = false;
	job.shuffle = true;
	job.broken = broken;
	result_init(&result);
	rc = replay_drive(ask, trace, &job, &result, e);
	result_fini(&result);
	return broken->any ? 0 : rc;
}

static int try_all(struct replay_ask *ask, const struct replay_trace *trace, const struct policy *policy,
		   struct found *out, struct err *e)
{
	struct drive_broken *now = xcalloc(1, sizeof(*now));
	uint64_t first = ask->seed;
	int rc = 0;

	for (ask->seed = first; !rc && ask->seed < first + ask->seeds; ask->seed++) {
		rc = try_schedule(ask, trace, policy, now, e);
		if (rc || !now->any)
			continue;
		out->nr++;
		if (out->shortest && out->shortest->steps <= now->steps)
			continue;
		if (!out->shortest)
			out->shortest = xcalloc(1, sizeof(*now));
		*out->shortest = *now;
		out->seed = ask->seed;
	}
	ask->seed = first;
	free(now);
	return rc;
}

/* --- for people ------------------------------------------------------------------ */

void replay_show_story(const struct drive_broken *b, FILE *out)
{
	for (unsigned int i = 0; i < b->nr_steps; i++) {
		const struct drive_step *s = &b->step[i];

		fprintf(out, "  %14llu ns  %5u %-16s %-24s %#llx  %#llx\n", (unsigned long long)s->t_ns, s->task,
			s->name, s->what, (unsigned long long)s->gfn, (unsigned long long)s->value);
		if (s->more)
			fprintf(out, "  %14s     %5s %-16s ... %u more of these\n", "", "", "", s->more);
	}
}

static void show(struct replay_ask *ask, const struct policy *policy, const struct found *f)
{
	uint64_t first = ask->seed;

	if (!f->shortest) {
		printf("%s: no invariant broken in %llu schedules\n", policy->name, (unsigned long long)ask->seeds);
		return;
	}
	printf("%s: broken in %llu of %llu schedules; the shortest, seed %llu, after %llu hand-overs:\n", policy->name,
	       (unsigned long long)f->nr, (unsigned long long)ask->seeds, (unsigned long long)f->seed,
	       (unsigned long long)f->shortest->steps);
	printf("  %s\n", f->shortest->what);
	replay_show_story(f->shortest, stdout);
	fputs("  again: ", stdout);
	ask->seed = f->seed;
	replay_command(ask, policy, stdout);
	ask->seed = first;
	putchar('\n');
}

/* --- for programs ------------------------------------------------------------------- */

static char *command_text(struct replay_ask *ask, const struct policy *policy, uint64_t seed)
{
	uint64_t first = ask->seed;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	ask->seed = seed;
	replay_command(ask, policy, out);
	ask->seed = first;
	fclose(out);
	return text;
}

static json_t *story_json(const struct drive_broken *b)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < b->nr_steps; i++) {
		const struct drive_step *s = &b->step[i];

		json_array_append_new(list, json_pack("{s:I, s:i, s:s, s:s, s:I, s:I, s:i}", "t_ns", (json_int_t)s->t_ns,
						      "task", (int)s->task, "name", s->name, "what", s->what,
						      "gfn", (json_int_t)s->gfn, "value", (json_int_t)s->value,
						      "more", (int)s->more));
	}
	return list;
}

static json_t *found_json(struct replay_ask *ask, const struct policy *policy, const struct found *f)
{
	json_t *o = json_pack("{s:s, s:I}", "policy", policy->name, "broken", (json_int_t)f->nr);
	char *command;

	if (!f->shortest)
		return o;
	command = command_text(ask, policy, f->seed);
	json_object_set_new(o, "shortest",
			    json_pack("{s:s, s:I, s:I, s:I, s:s, s:o}", "what", f->shortest->what,
				      "seed", (json_int_t)f->seed, "steps", (json_int_t)f->shortest->steps,
				      "t_ns", (json_int_t)f->shortest->t_ns, "command", command,
				      "story", story_json(f->shortest)));
	free(command);
	return o;
}

/* --- both ----------------------------------------------------------------------------- */

static void dump(const struct replay_ask *ask, json_t *policies)
{
	json_t *root = json_pack("{s:s, s:I, s:I, s:o}", "trace", ask->trace, "first_seed", (json_int_t)ask->seed,
				 "schedules", (json_int_t)ask->seeds, "policies", policies);

	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

int replay_search(struct replay_ask *ask, const struct replay_trace *trace, const struct replay_run *runs,
		  size_t nr, struct err *e)
{
	json_t *policies = ask->json ? json_array() : NULL;
	uint64_t broken = 0;
	int rc = 0;

	ask->check = ask->fine = true;
	for (size_t i = 0; i < nr && !rc; i++) {
		struct found f = { .nr = 0 };

		rc = try_all(ask, trace, &runs[i].policy, &f, e);
		if (!rc && policies)
			json_array_append_new(policies, found_json(ask, &runs[i].policy, &f));
		else if (!rc)
			show(ask, &runs[i].policy, &f);
		broken += f.nr;
		free(f.shortest);
	}
	if (policies && !rc)
		dump(ask, policies);
	else
		json_decref(policies);
	if (rc || !broken)
		return rc;
	return err_set(e, ERR_NO, "an invariant was broken in %llu of %llu schedules", (unsigned long long)broken,
		       (unsigned long long)(ask->seeds * nr));
}
