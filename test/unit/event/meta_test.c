/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dictionary as a struct and as JSON; names of kinds. */
#include "event/meta_json.h"

#include "test/table.h"

static void fill(struct ev_meta *m)
{
	uint32_t task;

	ev_meta_init(m);
	m->arch = KVM_ARM64;
	m->kernel = strdup("6.12.1");
	m->release = KVM_6_12;
	m->release_exact = true;
	m->tdp = SPTE_EPT;
	m->tdp_mmu = true;
	m->page_shift = 14;
	m->nr_cpus = 512;
	m->clock = strdup("x86-tsc");
	strcpy(m->source_xxh3, "00112233445566778899aabbccddeeff");
	m->events = INT64_MAX;
	m->first_ns = UINT64_MAX;
	m->last_ns = (uint64_t)INT64_MAX + 1;
	m->has_ends = true;
	task = ev_meta_add_task(m, 41, "CPU 0/KVM \"x\"");
	m->tasks[task].tgid = 40;
	m->tasks[task].vcpu = 3;
	m->tasks[task].vm = 0;
	ev_meta_add_task(m, 42, NULL);
	ev_meta_add_vm(m);
	m->vms[0] = (struct ev_vm){ .kvm = 0xffffc9000016a000, .tgid = 40, .nr_vcpus = 4, .slots_seen = true,
				  .slots_inferred = true, .frames_nowhere = 512, .dirty_inferred = true, .dirty_manual = true,
				  .dirty_init_set = true, .guest_levels = 4, .guest_roots = 2, .guest_tables = 9 };
	ev_meta_add_vm(m);
	m->vms[1].name = strdup("web1");
	ev_meta_stat(m, "40-8", "pf_taken")->begin = 3;
	ev_meta_stat(m, "40-9", "pf_taken")->begin = 4;
	ev_meta_stat(m, "40-8", "pf_taken")->end = 5;
	ev_meta_set_param(m, "kvm.tdp_mmu", "N");
	ev_meta_set_param(m, "kvm.eager_page_split", "Y");
	ev_meta_set_param(m, "kvm.tdp_mmu", "Y");
	ev_meta_add_lost(m, 2, "overrun", 5);
	ev_meta_add_lost(m, 3, "overrun", 1);
	ev_meta_add_lost(m, 2, "overrun", 6);
	ev_meta_add_lost(m, 2, "dropped", 1);
	ev_counts_add(&m->sources, "kvm:kvm_exit", 3);
	ev_counts_add(&m->sources, "kvm:kvm_entry", 2);
	ev_counts_add(&m->sources, "kvm:kvm_exit", 4);
	ev_counts_add(&m->unused, "not of KVM", UINT64_MAX);
}

static void what_is_added_is_kept(void **state)
{
	struct ev_meta m;

	fill(&m);
	assert_int_equal(m.nr_params, 2);
	assert_string_equal(ev_meta_param(&m, "kvm.tdp_mmu"), "Y");
	assert_null(ev_meta_param(&m, "kvm.ept"));
	assert_true(ev_meta_param_on(&m, "kvm.tdp_mmu"));
	assert_false(ev_meta_param_on(&m, "kvm.ept"));
	assert_int_equal(ev_meta_param_number(&m, "kvm.tdp_mmu", 7), 7);
	assert_int_equal(ev_meta_param_number(&m, "kvm.ept", 60), 60);
	assert_int_equal(m.nr_stats, 2);
	assert_int_equal(m.nr_lost, 3);
	assert_int_equal(m.lost[0].n, 11);
	assert_int_equal(ev_counts_get(&m.sources, "kvm:kvm_exit"), 7);
	assert_int_equal(ev_counts_get(&m.sources, "absent"), 0);
	assert_int_equal(m.tasks[1].vcpu, -1);
	assert_int_equal(m.tasks[1].vm, -1);
	assert_string_equal(m.tasks[1].comm, "");
	ev_meta_fini(&m);
	ev_meta_fini(&m);	/* of a zeroed one */
}

/* Expected text in full: other programs may read it. */
static void as_json(void **state)
{
	static const char want[] =
		"{\"arch\":\"arm64\",\"kernel\":\"6.12.1\",\"release\":\"6.12\",\"release_exact\":true,"
		"\"tdp\":\"ept\",\"tdp_mmu\":true,\"shadow\":false,\"page_shift\":14,\"nr_cpus\":512,\"clock\":\"x86-tsc\","
		"\"source_xxh3\":\"00112233445566778899aabbccddeeff\",\"events\":9223372036854775807,\"kvm_events\":0,"
		"\"first_ns\":\"0xffffffffffffffff\",\"last_ns\":\"0x8000000000000000\",\"has_ends\":true,"
		"\"has_probes\":false,"
		"\"params\":[{\"name\":\"kvm.tdp_mmu\",\"value\":\"Y\"},"
		"{\"name\":\"kvm.eager_page_split\",\"value\":\"Y\"}],"
		"\"lost\":[{\"cpu\":2,\"cause\":\"overrun\",\"n\":11},{\"cpu\":3,\"cause\":\"overrun\",\"n\":1},"
		"{\"cpu\":2,\"cause\":\"dropped\",\"n\":1}],"
		"\"tasks\":[{\"tid\":41,\"tgid\":40,\"vcpu\":3,\"vm\":0,\"comm\":\"CPU 0/KVM \\\"x\\\"\"},"
		"{\"tid\":42,\"tgid\":0,\"vcpu\":-1,\"vm\":-1,\"comm\":\"\"}],"
		"\"vms\":[{\"kvm\":\"0xffffc9000016a000\",\"tgid\":40,\"nr_vcpus\":4,\"slots_seen\":true,"
		"\"slots_inferred\":true,\"frames_nowhere\":512,"
		"\"dirty_inferred\":true,\"dirty_ring\":false,\"dirty_manual\":true,\"dirty_init_set\":true,"
		"\"guest_levels\":4,\"guest_roots\":2,\"guest_tables\":9},"
		"{\"name\":\"web1\",\"kvm\":0,\"tgid\":0,\"nr_vcpus\":0,\"slots_seen\":false,"
		"\"slots_inferred\":false,\"frames_nowhere\":0,"
		"\"dirty_inferred\":false,\"dirty_ring\":false,\"dirty_manual\":false,\"dirty_init_set\":false,"
		"\"guest_levels\":0,\"guest_roots\":0,\"guest_tables\":0}],"
		"\"stats\":[{\"vm\":\"40-8\",\"name\":\"pf_taken\",\"begin\":3,\"end\":5},"
		"{\"vm\":\"40-9\",\"name\":\"pf_taken\",\"begin\":4,\"end\":0}],"
		"\"sources\":{\"kvm:kvm_entry\":2,\"kvm:kvm_exit\":7},"
		"\"unused\":{\"not of KVM\":\"0xffffffffffffffff\"},\"lacking\":{},\"kinds\":{},\"damage\":{}}";
	struct ev_meta m, back;
	struct err e = { 0 };
	json_t *json, *again;
	char *text;

	fill(&m);
	json = meta_to_json(&m);
	text = json_dumps(json, JSON_COMPACT);
	assert_string_equal(text, want);
	ev_meta_init(&back);
	assert_int_equal(meta_from_json(json, &back, "F", &e), 0);
	assert_int_equal(back.first_ns, UINT64_MAX);
	assert_int_equal(back.vms[0].kvm, 0xffffc9000016a000);
	assert_null(back.source);
	again = meta_to_json(&back);
	assert_true(json_equal(json, again));
	json_decref(json);
	json_decref(again);
	free(text);
	ev_meta_fini(&m);
	ev_meta_fini(&back);
}

/* A task may call itself anything. */
static void names_that_are_not_utf8(void **state)
{
	struct ev_meta m, back;
	json_t *json;

	ev_meta_init(&m);
	ev_meta_add_task(&m, 1, "a\xff\xc3z");
	ev_counts_add(&m.unused, "b\x80", 1);
	json = meta_to_json(&m);
	ev_meta_init(&back);
	assert_int_equal(meta_from_json(json, &back, "F", NULL), 0);
	assert_string_equal(back.tasks[0].comm, "a\\xff\\xc3z");
	assert_int_equal(ev_counts_get(&back.unused, "b\\x80"), 1);
	json_decref(json);
	ev_meta_fini(&m);
	ev_meta_fini(&back);
}

static const struct bad_row {
	const char	*name;
	const char	*json;
	const char	*want;
} bad_rows[] = {
	{ "a number that is negative", "{\"events\":-1}", "F: dictionary: value of 'events' is not what it should be" },
	{ "a number above 32 bits", "{\"nr_cpus\":4294967296}",
	  "F: dictionary: value of 'nr_cpus' is not what it should be" },
	{ "hexadecimal above 64 bits", "{\"events\":\"0x10000000000000000\"}",
	  "F: dictionary: value of 'events' is not what it should be" },
	{ "a hash that is too long", "{\"source_xxh3\":\"00112233445566778899aabbccddeeff0\"}",
	  "F: dictionary: value of 'source_xxh3' is not what it should be" },
	{ "a task that is a number", "{\"tasks\":[1]}", "F: dictionary: an object is expected" },
	{ "a parameter without value", "{\"params\":[{\"name\":\"x\"}]}",
	  "F: dictionary: a parameter lacks its name or value" },
	{ "counts that are an array", "{\"kinds\":[]}", "F: dictionary: 'kinds' is not an object" },
	{ "a count that is a word", "{\"kinds\":{\"access\":\"many\"}}",
	  "F: dictionary: 'access' of 'kinds' is not a count" },
	{ "no object at all", "[]", "F: dictionary: an object is expected" },
};

static void check_bad(const void *arg)
{
	const struct bad_row *row = arg;
	json_t *json = json_loads(row->json, 0, NULL);
	struct err e = { 0 };
	struct ev_meta m;

	assert_non_null(json);
	ev_meta_init(&m);
	assert_int_equal(meta_from_json(json, &m, "F", &e), -ERR_INPUT);
	assert_string_equal(e.text, row->want);
	ev_meta_fini(&m);
	json_decref(json);
}

static void kinds_have_names(void **state)
{
	for (unsigned int kind = EV_NONE + 1; kind < OBS_END; kind++) {
		if (kind >= EV_STIM_END && kind < OBS_FIRST) {
			assert_null(ev_kind_name(kind));
			continue;
		}
		assert_int_equal(ev_kind_parse(ev_kind_name(kind)), kind);
		assert_int_equal(ev_is_stimulus(kind), kind < OBS_FIRST);
	}
	assert_null(ev_kind_name(EV_NONE));
	assert_null(ev_kind_name(OBS_END));
	assert_int_equal(ev_kind_parse("none such"), EV_NONE);
	assert_true(ev_is_range(EV_MEMSLOT));
	assert_false(ev_is_range(EV_ACCESS));
	assert_false(ev_is_range(OBS_OP));
	assert_string_equal(ev_op_name(EV_OP_FAULT), "fault");
	assert_string_equal(ev_op_name(EV_NR_OPS), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_kept),
		cmocka_unit_test(as_json),
		cmocka_unit_test(names_that_are_not_utf8),
		cmocka_unit_test(kinds_have_names),
	};

	return table_run("bad dictionary", bad_rows, ARRAY_SIZE(bad_rows), sizeof(bad_rows[0]), check_bad) |
	       cmocka_run_group_tests_name("meta", tests, NULL, NULL);
}
