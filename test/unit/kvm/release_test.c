/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Releases, RET_PF numbers, role words, names. */
#include "kvm/release.h"

#include "kvm/observe.h"
#include "kvm/role.h"
#include "test/table.h"

static const struct release_row {
	const char		*name;
	enum kvm_release	 want;
	bool			 exact;
} release_rows[] = {
	{ "6.1.0-13-amd64", KVM_6_1, true },
	{ "6.12.117+deb12-amd64", KVM_6_12, true },
	{ "6.18-rc1", KVM_6_18, true },
	{ "6.8.0", KVM_6_1, false },
	{ "6.9.12", KVM_6_1, false },
	{ "6.10.1", KVM_6_12, false },	/* empty entries are no longer 0 */
	{ "6.13.1", KVM_6_12, false },
	{ "6.120.0", KVM_6_18, false },
	{ "6.19.0", KVM_6_18, false },
	{ "7.0.0", KVM_6_18, false },
	{ "5.10.0", KVM_6_1, false },
	{ "Linux", KVM_6_1, false },
	{ "", KVM_6_1, false },
};

static void check_release(const void *arg)
{
	const struct release_row *row = arg;
	enum kvm_release got;

	assert_int_equal(kvm_release_parse(row->name, &got), row->exact);
	assert_string_equal(kvm_release_name(got), kvm_release_name(row->want));
}

static const struct ret_row {
	const char	*name;		/* as ret_pf_name() */
	int		 n_6_1, n_6_12;	/* -1: the release has none */
	enum ret_pf	 want;
} ret_rows[] = {
	{ "continue", 0, 0, RET_PF_CONTINUE },
	{ "retry", 1, 1, RET_PF_RETRY },
	{ "emulate", 2, 2, RET_PF_EMULATE },
	{ "write_protected", -1, 3, RET_PF_WRITE_PROTECTED },
	{ "invalid", 3, 4, RET_PF_INVALID },
	{ "fixed", 4, 5, RET_PF_FIXED },
	{ "spurious", 5, 6, RET_PF_SPURIOUS },
	{ "unknown", 6, 7, RET_PF_UNKNOWN },
	{ "exit", -14, -14, RET_PF_EXIT },	/* -EFAULT */
	{ "exit", -4, -4, RET_PF_EXIT },
};

static void check_ret(const void *arg)
{
	const struct ret_row *row = arg;

	if (row->n_6_1 != -1)
		assert_int_equal(ret_pf_decode(RET_PF_OF_5_19, row->n_6_1), row->want);
	assert_int_equal(ret_pf_decode(RET_PF_OF_6_12, row->n_6_12), row->want);
	if (row->n_6_1 != -1 && row->n_6_1)	/* before CONTINUE, one less */
		assert_int_equal(ret_pf_decode(RET_PF_OF_5_10, row->n_6_1 < 0 ? row->n_6_1 : row->n_6_1 - 1), row->want);
	assert_string_equal(ret_pf_name(row->want), row->name);
}

static const struct numbers_row {
	const char		*name;
	enum ret_pf_numbers	 want;
} numbers_rows[] = {
	{ "5.10.0-30-amd64", RET_PF_OF_5_10 },
	{ "5.15.0", RET_PF_OF_5_10 },
	{ "5.19.1", RET_PF_OF_5_19 },
	{ "6.1.0-13-amd64", RET_PF_OF_5_19 },
	{ "6.11.9", RET_PF_OF_5_19 },
	{ "6.12.117+deb12-amd64", RET_PF_OF_6_12 },
	{ "7.0.0", RET_PF_OF_6_12 },
	{ "Linux", RET_PF_OF_6_12 },
};

static void check_numbers(const void *arg)
{
	const struct numbers_row *row = arg;

	assert_int_equal(ret_pf_numbers(row->name), row->want);
}

/* Shift and width of each field: KVM asm/kvm_host.h, v6.1 and v6.12. */
static void roles(void **state)
{
	uint32_t tdp_root = 0x80 | 0x700 | 4;		/* direct, access 7, level 4 */
	uint32_t none = 0, all = 0;

	assert_int_equal(role_level(tdp_root), 4);
	assert_int_equal(role_direct(tdp_root), 1);
	assert_int_equal(role_access(tdp_root), 7);
	assert_int_equal(role_invalid(tdp_root), 0);
	assert_int_equal(role_set_invalid(tdp_root, 1), tdp_root | 0x800);
	assert_int_equal(role_set_smm(tdp_root, 1), tdp_root | 0x01000000);
	assert_int_equal(role_set_guest_mode(tdp_root, 1), tdp_root | 0x20000);
	assert_int_equal(role_set_ad_disabled(tdp_root, 1), tdp_root | 0x10000);
	assert_int_equal(role_set_level(tdp_root, 0x15), (tdp_root & ~0xfu) | 5); /* cut, neighbours kept */
#define SET_ALL(field, shift, bits)						\
	assert_int_equal(role_##field(none), 0);				\
	all = role_set_##field(all, ~0u);					\
	assert_int_equal(role_##field(all), (1u << (bits)) - 1);
	ROLE_FIELDS(SET_ALL)
#undef SET_ALL
	assert_int_equal(all, 0xff07ffff);	/* five spare bits */
}

static void names(void **state)
{
	assert_string_equal(obs_kind_name(OBS_SPTE_CHANGED), "kvm_tdp_mmu_spte_changed");
	assert_string_equal(obs_kind_name(OBS_OP), "op");
	assert_null(obs_kind_name(OBS_FIRST - 1));
	assert_null(obs_kind_name(OBS_END));
	for (unsigned int pin = 0; pin < PIN_NR; pin++) {
		assert_non_null(obs_pin_name(pin));
		for (unsigned int other = 0; other < pin; other++)
			assert_string_not_equal(obs_pin_name(pin), obs_pin_name(other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(roles), cmocka_unit_test(names) };

	return table_run("release", release_rows, ARRAY_SIZE(release_rows), sizeof(release_rows[0]),
			 check_release) |
	       table_run("ret_pf", ret_rows, ARRAY_SIZE(ret_rows), sizeof(ret_rows[0]), check_ret) |
	       table_run("ret_pf numbers", numbers_rows, ARRAY_SIZE(numbers_rows), sizeof(numbers_rows[0]),
			 check_numbers) |
	       cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
