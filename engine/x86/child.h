/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_CHILD_H
#define ENGINE_X86_CHILD_H

/*
 * A new table below an entry: made, filled, linked.  It belongs to whoever made it until it
 * is linked; the kernel says that it made one before it knows whether the link succeeds.
 */
#include "engine/x86/changed.h"

/* What @child is when it hangs from the entry under @it; said each time it is about to be linked. */
void child_init(struct tdp_iter *it, uint32_t child);
/* A table full of nothing, already initialised. */
uint32_t child_new(struct tdp_iter *it);
/* Nobody ever saw it. */
void child_discard(struct tdp_iter *it, uint32_t child);
/*
 * Links it in place of it->old; where that is a huge leaf, filled with the same mapping one level down and
 * without a flush: the translation does not change.  Return: false: somebody was faster, it is still the caller's.
 */
bool child_link(struct tdp_iter *it, uint32_t child, bool shared);

#endif
