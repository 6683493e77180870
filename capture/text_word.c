// SPDX-License-Identifier: GPL-2.0-or-later
/* Words of print formats: exit reasons, access rights, roles, results. */
#include "capture/text_word.h"

#include <string.h>

#include "kvm/role.h"

#define ISA_VMX		1
#define ISA_SVM		2

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

const char *text_number(const char *p, const char *end, unsigned int base, uint64_t *out)
{
	bool minus = p < end && *p == '-';
	const char *begin;
	uint64_t v = 0;
	unsigned int d;

	p += minus;
	if (end - p > 2 && p[0] == '0' && p[1] == 'x') {
		base = 16;
		p += 2;
	}
	for (begin = p; p < end && (d = digit(*p)) < base; p++)
		v = v * base + d;
	if (p == begin || p - begin > (base == 16 ? 16 : 20) || (p < end && is_word(*p)))
		return NULL;
	*out = minus ? -v : v;
	return p;
}

/* @word at @p, or NULL. */
static const char *eat(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return p && (size_t)(end - p) >= n && !memcmp(p, word, n) ? p + n : NULL;
}

static const char *blanks(const char *p, const char *end)
{
	while (p && p < end && *p == ' ')
		p++;
	return p;
}

/* --- exit reasons -------------------------------------------------------------------- */

static const struct {
	uint32_t isa, number;
	const char *word;
} exits[] = {
#define VMX(n, w) { ISA_VMX, n, w },
#define SVM(n, w, plugin) { ISA_SVM, n, w }, { ISA_SVM, n, plugin },
#include "capture/text_exit.def"
#undef VMX
#undef SVM
};

static bool is_exit(size_t i, const char *word, size_t len)
{
	return !strncmp(exits[i].word, word, len) && !exits[i].word[len];
}

/* Index into exits, ARRAY_SIZE(exits): none. */
static size_t find_exit(struct text_context *c, const char *word, size_t len)
{
	uint16_t *lately = &c->exits[(len * 7 + word[0] + word[len - 1] * 5 + word[len / 2] * 3) & 63];
	size_t i = *lately;

	if (is_exit(i, word, len))
		return i;
	for (i = 0; i < ARRAY_SIZE(exits) && !is_exit(i, word, len); i++)
		;
	if (i < ARRAY_SIZE(exits))
		*lately = i;
	return i;
}

/* A reason nobody has a word for: "0x4d", or "UNKNOWN (77)" by the plugin. */
static bool number_exit(struct text_context *c, const char *p, const char *end, uint64_t *v)
{
	const char *q = eat(p, end, "UNKNOWN (");
	const char *rest = text_number(q ? q : p, end, q ? 10 : 16, &v[0]);

	v[1] = c->isa;
	return c->isa && rest && (rest == end || *rest == ')');
}

/* exit_reason, isa: all words before " rip ". */
static const char *word_exit(struct text_context *c, const char *p, const char *end, uint64_t *v)
{
	static const char failed[] = " FAILED_VMENTRY";
	const char *stop = memmem(p, end - p, " rip ", 5), *last = stop;
	uint64_t flags = 0;
	size_t i;

	while (last && last > p && last[-1] == ' ')
		last--;
	if (!last || last == p)
		return NULL;
	if (last - p > (long)sizeof(failed) - 1 && !memcmp(last - (sizeof(failed) - 1), failed, sizeof(failed) - 1)) {
		last -= sizeof(failed) - 1;
		flags = 0x80000000;
	}
	i = find_exit(c, p, last - p);
	if (i < ARRAY_SIZE(exits)) {
		c->isa = exits[i].isa;
		v[0] = exits[i].number | flags;
		v[1] = c->isa;
	} else if (!number_exit(c, p, last, v)) {
		return NULL;
	}
	return stop;
}

/* ret of arm64's kvm_exit: ARM_EXCEPTION_*. */
static const char *word_exception(struct text_context *c, const char *p, const char *end, uint64_t *v)
{
	static const struct { const char *word; uint64_t number; } kinds[] = {
		{ "IRQ", 0 }, { "SERROR", 1 }, { "TRAP", 2 }, { "HYP_GONE", 0xbadca11 },
	};

	(void)c;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *q = eat(p, end, kinds[i].word);

		if (q && q < end && *q == ':') {
			v[0] = kinds[i].number;
			return q;
		}
	}
	return text_number(p, end, 16, &v[0]);
}

/* immediate_exit */
static const char *word_immediate(struct text_context *c, const char *p, const char *end, uint64_t *v)
{
	const char *q = eat(p, end, "[immediate exit]");

	(void)c;
	v[0] = q != NULL;
	return q ? q : p;
}

/* --- table pages --------------------------------------------------------------------------- */

/* r, x, u of "(rwxu)": u is -1 where the entry has no such bit. */
static const char *word_access(struct text_context *c, const char *p, const char *end, uint64_t *v)
{
	const char *close;

	(void)c;
	if (p == end || *p++ != '(')
		return NULL;
	close = memchr(p, ')', end - p);
	if (!close || close - p < 3 || close - p > 4)
		return NULL;
	v[0] = p[0] == 'r';
	v[1] = p[2] == 'x';
	v[2] = close - p == 3 ? UINT64_MAX : p[3] == 'u';
	return close + 1;
}

/* Bit 0 execute, 1 write, 2 user. */
static const char *access_word(const char *p, const char *end, uint32_t *role)
{
	static const char *const kinds[] = { "---", "--x", "w--", "w-x", "-u-", "-ux", "wu-", "wux" };

	for (unsigned int i = 0; p && i < ARRAY_SIZE(kinds); i++) {
		const char *q = eat(p, end, kinds[i]);

		if (q) {
			*role = role_set_access(*role, i);
			return q;
		}
	}
	return NULL;
}

/* " direct", " invalid": may be there. */
static const char *maybe(const char *p, const char *end, const char *word, bool *there)
{
	const char *q = eat(p, end, word);

	*there = q != NULL;
	return q ? q : p;
}

/* "nxe " or "!nxe ": the feature is there, or it is not. */
static const char *yes_or_no(const char *p, const char *end, const char *word, bool *yes)
{
	p = blanks(p, end);
	*yes = !(p && p < end && *p == '!');
	return p ? eat(p + !*yes, end, word) : NULL;
}

/* " root 1 sync": root_count, unsync. */
static const char *root_and_sync(const char *p, const char *end, uint64_t *v)
{
	const char *q = eat(blanks(p, end), end, "root ");

	q = q ? text_number(q, end, 10, &v[0]) : NULL;
	q = blanks(q, end);
	v[1] = eat(q, end, "unsync") != NULL;
	return eat(q, end, v[1] ? "unsync" : "sync");
}

/* "q0 direct wux invalid " of both. */
static const char *quadrant_to_invalid(const char *p, const char *end, uint32_t *role)
{
	bool there;
	uint64_t n;

	p = eat(blanks(p, end), end, "q");
	p = p ? text_number(p, end, 10, &n) : NULL;
	if (!p || n > 3)
		return NULL;
	*role = role_set_quadrant(*role, n);
	p = maybe(p, end, " direct", &there);
	*role = role_set_direct(*role, there);
	p = access_word(blanks(p, end), end, role);
	p = maybe(p, end, " invalid", &there);
	*role = role_set_invalid(*role, there);
	return p;
}

/*
 * role, root_count, unsync of "l4 8-byte q0 direct wux nxe ad root 1 sync" (KVM mmutrace.h, v6.1 and v6.12).
 * Of the role it leaves out cr0_wp, smep_andnot_wp, smap_andnot_wp, guest_mode, passthrough and smm.  The TDP
 * MMU's pages all have cr0_wp (kvm_calc_tdp_mmu_root_page_role, v6.1 and v6.12).
 */
static const char *word_role(struct text_context *c, const char *p, const char *end, uint64_t *v)
{
	uint32_t role = 0;
	uint64_t n;
	bool yes;

	p = eat(p, end, "l");
	p = p ? text_number(p, end, 10, &n) : NULL;
	if (!p || n > 15)
		return NULL;
	role = role_set_level(role, n);
	p = blanks(p, end);
	yes = eat(p, end, "4-byte") != NULL;
	role = role_set_has_4_byte_gpte(role, yes);
	p = quadrant_to_invalid(eat(p, end, yes ? "4-byte" : "8-byte"), end, &role);
	p = yes_or_no(p, end, "nxe", &yes);
	role = role_set_efer_nx(role, yes);
	p = yes_or_no(p, end, "ad", &yes);
	role = role_set_ad_disabled(role, !yes);
	if (c->tdp_mmu && role_direct(role))
		role = role_set_cr0_wp(role, 1);
	v[0] = role;
	c->partial = true;
	return root_and_sync(p, end, &v[1]);
}

/*
 * The same of "4 q0 direct wux !pae nxe wp smep smap smm root 1 sync" (libtraceevent's plugin for kvm, whose "pae" is
 * the bit that is has_4_byte_gpte now); it leaves out ad_disabled, guest_mode and passthrough.  "WORD: 00003784" is all of it.
 */
static const char *word_plugin_role(struct text_context *c, const char *p, const char *end, uint64_t *v)
{
	const char *word = eat(p, end, "WORD: ");
	uint32_t role = 0;
	uint64_t n;
	bool yes;

	if (word)
		return root_and_sync(text_number(word, end, 16, &v[0]), end, &v[1]);
	p = text_number(p, end, 10, &n);
	if (!p || n > 15)
		return NULL;
	role = role_set_level(role, n);
	p = quadrant_to_invalid(p, end, &role);
	p = yes_or_no(p, end, "pae", &yes);
	role = role_set_has_4_byte_gpte(role, yes);
	p = yes_or_no(p, end, "nxe", &yes);
	role = role_set_efer_nx(role, yes);
	p = yes_or_no(p, end, "wp", &yes);
	role = role_set_cr0_wp(role, yes);
	p = maybe(p, end, " smep", &yes);
	role = role_set_smep_andnot_wp(role, yes);
	p = maybe(p, end, " smap", &yes);
	role = role_set_smap_andnot_wp(role, yes);
	p = maybe(p, end, " smm", &yes);
	v[0] = role_set_smm(role, yes);
	c->partial = true;
	return root_and_sync(p, end, &v[1]);
}

/* --- results -------------------------------------------------------------------------------------- */

static uint64_t number_of(enum ret_pf_numbers numbers, enum ret_pf result)
{
	int n = 0;

	while (ret_pf_decode(numbers, n) != result)
		n++;
	return n;
}

/* ret of "spurious 0 fixed 1": it has a third value only, INVALID (KVM mmu.c, fast_page_fault, v6.1 and v6.12). */
static const char *word_fast(struct text_context *c, const char *p, const char *end, uint64_t *v)
{
	uint64_t spurious, fixed;

	p = eat(p, end, "spurious ");
	p = p ? text_number(p, end, 10, &spurious) : NULL;
	p = eat(blanks(p, end), end, "fixed ");
	p = p ? text_number(p, end, 10, &fixed) : NULL;
	if (!p || spurious > 1 || fixed > 1 || spurious + fixed == 2)
		return NULL;
	v[0] = number_of(c->ret_pf, fixed ? RET_PF_FIXED : spurious ? RET_PF_SPURIOUS : RET_PF_INVALID);
	return p;
}

const struct text_word text_words[] = {
	{ "exit", word_exit, 2 },
	{ "exception", word_exception, 1 },
	{ "immediate", word_immediate, 1 },
	{ "access", word_access, 3 },
	{ "role", word_role, 3 },
	{ "plugin_role", word_plugin_role, 3 },
	{ "fast", word_fast, 1 },
	{ NULL, NULL, 0 },
};
