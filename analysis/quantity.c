/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers for people. */
#include "analysis/quantity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct step {
	const char	*unit;
	double		 divisor;
};

/* Ascending, each list ends with a NULL unit. */
static const struct step times[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { NULL, 0 } };
static const struct step sizes[] = { { "B", 1 }, { "KiB", 1024 }, { "MiB", 1048576 }, { "GiB", 1073741824 }, { NULL, 0 } };
static const struct step shares[] = { { "%", 1e4 }, { NULL, 0 } };
static const struct step counts[] = { { "", 1 }, { NULL, 0 } };

static const struct step *steps_of(const char *unit)
{
	if (!strcmp(unit, "ns"))
		return times;
	if (!strcmp(unit, "bytes"))
		return sizes;
	return strcmp(unit, "ppm") ? counts : shares;
}

void scale_range_add(struct scale_range *r, int64_t value)
{
	uint64_t abs = (uint64_t)llabs(value);

	if (!abs)
		return;
	r->smallest = !r->smallest || abs < r->smallest ? abs : r->smallest;
	r->largest = abs > r->largest ? abs : r->largest;
}

/*
 * The unit suits the smallest value, unless the largest would then need more
 * than six digits; three significant digits of the smallest, up to three decimals.
 */
struct scale scale_for(const char *unit, const struct scale_range *range)
{
	const struct step *step = steps_of(unit);
	struct scale s;
	double small;

	while (step[1].unit &&
	       ((double)range->smallest >= step[1].divisor || (double)range->largest >= 1e5 * step->divisor))
		step++;
	small = (double)range->smallest / step->divisor;
	s = (struct scale){ .unit = step->unit, .divisor = step->divisor };
	if (step->divisor > 1)
		s.decimals = small >= 100 ? 1 : small >= 10 ? 2 : 3;
	return s;
}

struct scale scale_for_one(const char *unit, int64_t value)
{
	struct scale_range range = { 0 };

	scale_range_add(&range, value);
	return scale_for(unit, &range);
}

void scale_text(const struct scale *s, int64_t value, char *buf, size_t size)
{
	snprintf(buf, size, "%.*f", s->decimals, (double)value / s->divisor);
}

void quantity_text(const char *unit, int64_t value, char *buf, size_t size)
{
	struct scale s = scale_for_one(unit, value);

	snprintf(buf, size, "%.*f%s%s", s.decimals ? s.decimals - 1 : 0, (double)value / s.divisor,
		 *s.unit ? " " : "", s.unit);
}

void ratio_text(int64_t value, int64_t first, char *buf, size_t size)
{
	double ratio = first ? (double)value / (double)first : 0;
	int decimals = fabs(ratio) >= 100 ? 0 : fabs(ratio) >= 10 ? 1 : fabs(ratio) >= 0.1 || ratio == 0 ? 2 : 3;

	if (!first)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%.*fx", decimals, ratio);
}
