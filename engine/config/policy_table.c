/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.def expanded into rows, and what can be asked of one row.
 */
#include "engine/config/policy_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"

#define VALUE_TEXT(k, name, text) text,
#define KNOB(id, field, dotted, LIST, dflt, arch, help)                         \
	static const char *const values_##field[] = { LIST(VALUE_TEXT, LIST) }; \
	_Static_assert(sizeof(enum field) == sizeof(uint32_t), "knob_get() copies 32 bits");
#define KNOB_NUM(id, field, dotted, min, max, dflt, arch, help)
#define KNOB_OFF(id, field, dotted, min, max, dflt, arch, help)
#include "engine/config/policy.def"
#undef KNOB
#undef KNOB_NUM
#undef KNOB_OFF

static const struct knob knobs[] = {
#define KNOB(id_, field_, dotted_, LIST_, dflt_, arch_, help_)                                           \
	{ .id = #id_, .name = dotted_, .kind = KNOB_IS_ENUM, .arch = (#arch_)[0],                        \
	  .offset = offsetof(struct policy, field_), .values = values_##field_,                         \
	  .nr_values = ARRAY_SIZE(values_##field_), .dflt = LIST_##_##dflt_, .help = help_ },
#define KNOB_NUM(id_, field_, dotted_, min_, max_, dflt_, arch_, help_)                                  \
	{ .id = #id_, .name = dotted_, .kind = KNOB_IS_NUMBER, .arch = (#arch_)[0],                      \
	  .offset = offsetof(struct policy, field_), .min = min_, .max = max_, .dflt = dflt_, .help = help_ },
#define KNOB_OFF(id_, field_, dotted_, min_, max_, dflt_, arch_, help_)                                  \
	{ .id = #id_, .name = dotted_, .kind = KNOB_IS_NUMBER, .arch = (#arch_)[0], .has_off = true,     \
	  .offset = offsetof(struct policy, field_), .min = min_, .max = max_, .dflt = dflt_, .help = help_ },
#include "engine/config/policy.def"
#undef KNOB
#undef KNOB_NUM
#undef KNOB_OFF
};

const struct knob *knob_table(size_t *nr)
{
	*nr = ARRAY_SIZE(knobs);
	return knobs;
}

const struct knob *knob_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++)
		if (strcmp(knobs[i].name, name) == 0)
			return &knobs[i];
	return NULL;
}

const char *knob_nearest(const char *name, enum kvm_arch arch)
{
	const char *names[ARRAY_SIZE(knobs)];
	size_t nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++)
		if (knob_fits_arch(&knobs[i], arch))
			names[nr++] = knobs[i].name;
	return ini_nearest(name, names, nr);
}

bool knob_fits_arch(const struct knob *k, enum kvm_arch arch)
{
	return k->arch == 'B' || (k->arch == 'A') == (arch == KVM_ARM64);
}

const char *knob_arch_text(const struct knob *k)
{
	return k->arch == 'B' ? "both" : k->arch == 'A' ? "arm64" : "x86";
}

enum policy_about knob_about(const struct knob *k)
{
	return k->arch == 'S' ? ABOUT_SHADOW_PAGING : k->arch == 'P' ? ABOUT_SHADOW_PAGES : ABOUT_ANY;
}

void knob_values_text(const struct knob *k, char *buf, size_t size)
{
	size_t len = 0;

	if (k->kind == KNOB_IS_NUMBER)
		snprintf(buf, size, "%u..%u%s", k->min, k->max, k->has_off ? ", off" : "");
	for (uint32_t i = 0; i < k->nr_values && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? ", " : "", k->values[i]);
}

void knob_value_text(const struct knob *k, uint32_t value, char *buf, size_t size)
{
	if (k->kind == KNOB_IS_ENUM)
		snprintf(buf, size, "%s", k->values[value]);
	else if (k->has_off && value == POLICY_OFF)
		snprintf(buf, size, "off");
	else
		snprintf(buf, size, "%u", value);
}

/* Digits only: strtoul() would take signs and blanks. */
static bool parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > max)
			return false;
	}
	*out = (uint32_t)n;
	return n >= min;
}

bool knob_parse(const struct knob *k, const char *text, uint32_t *out)
{
	if (k->has_off && strcmp(text, "off") == 0) {
		*out = POLICY_OFF;
		return true;
	}
	if (k->kind == KNOB_IS_NUMBER)
		return parse_number(text, k->min, k->max, out);
	for (uint32_t i = 0; i < k->nr_values; i++)
		if (strcmp(k->values[i], text) == 0) {
			*out = i;
			return true;
		}
	return false;
}

uint32_t knob_get(const struct knob *k, const struct policy *p)
{
	uint32_t value;

	memcpy(&value, (const char *)p + k->offset, sizeof(value));
	return value;
}

void knob_set(const struct knob *k, struct policy *p, uint32_t value)
{
	memcpy((char *)p + k->offset, &value, sizeof(value));
}
