/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CONFIG_POLICY_TABLE_H
#define ENGINE_CONFIG_POLICY_TABLE_H

#include "base/types.h"
#include "engine/config/policy.h"

/* policy.def as a table: one row per knob, in the order of that file. */
enum knob_kind { KNOB_IS_ENUM, KNOB_IS_NUMBER };

struct knob {
	const char		*id;		/* "G8" */
	const char		*name;		/* "age.lock" */
	enum knob_kind		 kind;
	char			 arch;		/* as in policy.def */
	size_t			 offset;	/* of the member of struct policy */
	const char *const	*values;	/* enum: texts by number */
	uint32_t		 nr_values;
	uint32_t		 min, max;	/* number */
	bool			 has_off;	/* a number, or off: POLICY_OFF */
	uint32_t		 dflt;
	const char		*help;
};

const struct knob *knob_table(size_t *nr);
/* NULL when there is none of that name. */
const struct knob *knob_find(const char *name);
/* The known name of @arch nearest to @name, or NULL. */
const char *knob_nearest(const char *name, enum kvm_arch arch);
bool knob_fits_arch(const struct knob *k, enum kvm_arch arch);
const char *knob_arch_text(const struct knob *k);	/* "both", "x86", "arm64" */
/* What a trace must have for it to mean anything. */
enum policy_about knob_about(const struct knob *k);
/* "write, read, lockless", "0..1000000", "0..512, off": for help and error messages. */
void knob_values_text(const struct knob *k, char *buf, size_t size);
/* Text of number @value: an enum's word, a number's digits, off. */
void knob_value_text(const struct knob *k, uint32_t value, char *buf, size_t size);
/* False when @text is none of the knob's values. */
bool knob_parse(const struct knob *k, const char *text, uint32_t *out);

uint32_t knob_get(const struct knob *k, const struct policy *p);
void knob_set(const struct knob *k, struct policy *p, uint32_t value);

#endif
