/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of a kernel's symbols go into a recording. */
#include "capture/live/symbols.h"

#include "test/table.h"

#include "base/types.h"

static const char kernel[] =
	"ffffffff81000000 T _stext\n"
	"ffffffff81000100 T __pfx_kvm_age\n"
	"ffffffff81000110 t kvm_age\n"
	"ffffffff81000200 D data_between\n"
	"ffffffff81000300 T alias_of_age_gfn\n"
	"ffffffff81000300 T kvm_age_gfn\n"
	"ffffffff81000400 t other\n"
	"ffffffff81000500 t tracing_mark_write\n"
	"ffffffff81000600 t last\n"
	"ffffffffc0000200 t kvm_in_module\t[kvm]\n"
	"ffffffffc0000100 t kvm_before\t[kvm]\n"
	"ffffffffc0000300 t kvm_after\t[kvm]\n";

#define MARKER	"ffffffff81000500 t tracing_mark_write\nffffffff81000600 t last\n"

static const struct {
	const char *name;
	const char *probes;
	const char *want;
} rows[] = {
	{ "no probes", NULL, MARKER },
	{ "somebody else's probes", "p:theirs/x kvm_age\n", MARKER },
	{ "a probe, to its function's end", "p:ours/x kvm_age vcpu=$arg1:x64\n",
	  "ffffffff81000110 t kvm_age\nffffffff81000300 T alias_of_age_gfn\n" MARKER },
	{ "another name for the same place is no end", "p:ours/x alias_of_age_gfn\n",
	  "ffffffff81000300 T alias_of_age_gfn\nffffffff81000400 t other\n" MARKER },
	{ "on a return, with an offset, without an end", "r16:ours/x kvm_age_gfn+0 r=$retval\np:ours/y other",
	  "ffffffff81000300 T kvm_age_gfn\nffffffff81000400 t other\n" MARKER },
	{ "in a module, whose symbols come in no order", "f:ours/x kvm:kvm_in_module a=$arg1\n",
	  MARKER "ffffffffc0000200 t kvm_in_module\t[kvm]\nffffffffc0000300 t kvm_after\t[kvm]\n" },
	{ "what looks like a group", "p:ours kvm_age\np:oursx/y kvm_age\np:ours/\n", MARKER },
};

static void check(const void *row)
{
	const typeof(rows[0]) *r = row;
	char *got = symbols_needed(kernel, r->probes, "ours");

	assert_string_equal(got, r->want);
	free(got);
}

static const struct {
	const char *name;
	const char *format;
	bool	    want;
} formats[] = {
	{ "numbers", "print fmt: \"%llx %d\", REC->a, REC->b", false },
	{ "a pointer", "print fmt: \"%p\", REC->a", false },
	{ "a pointer at the end", "%p", false },
	{ "a function", "print fmt: \"%p %ps\", REC->a, REC->b", true },
	{ "a function and its offset", "print fmt: \"%pS\", REC->a", true },
};

static void check_format(const void *row)
{
	const typeof(formats[0]) *r = row;

	assert_int_equal(symbols_printed(r->format), r->want);
}

static const struct {
	const char *name;
	const char *text;
} hidden[] = {
	{ "addresses that are hidden", "0000000000000000 T _stext\n" },
	{ "no text", "" },
};

static void check_hidden(const void *row)
{
	assert_null(symbols_needed(((const typeof(hidden[0]) *)row)->text, NULL, "ours"));
}

int main(void)
{
	int a = table_run("symbols", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
	int b = table_run("formats", formats, ARRAY_SIZE(formats), sizeof(formats[0]), check_format);
	int c = table_run("hidden", hidden, ARRAY_SIZE(hidden), sizeof(hidden[0]), check_hidden);

	return a || b || c;
}
