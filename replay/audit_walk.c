/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the root down to the first entry that names a page. */
#include "replay/audit_walk.h"

bool audit_walk(const struct gptes *g, uint16_t vm, const struct ev_walk *w, uint64_t t_ns, struct audit_walk *out)
{
	gfn_t table = w->root;

	if (!w->known || w->levels < 4 || w->levels > AUDIT_LEVELS)
		return false;
	*out = (struct audit_walk){ .gva = w->gva, .top = w->levels };
	for (unsigned int level = out->top;; level--) {
		uint64_t entry = 0;

		out->table[level] = table;
		out->leaf = level;
		if (level == 1)
			return true;
		gptes_at(g, vm, table, 8 * audit_index(w->gva, level), t_ns, &entry);
		if (!(entry & GPTE_P))
			return false;
		if (level <= 3 && entry & GPTE_PS)
			return true;
		table = gpte_gfn(entry);
	}
}
