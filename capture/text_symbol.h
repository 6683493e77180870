/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TEXT_SYMBOL_H
#define CAPTURE_TEXT_SYMBOL_H

#include "base/types.h"

/*
 * Functions that a text names.  It does not say where they are: each gets an
 * address that no kernel uses, and what is behind its beginning is as far
 * behind that.
 */
struct text_symbols;
struct text_symbol;

struct text_symbols *text_symbols_new(void);
void text_symbols_free(struct text_symbols *s);		/* NULL is fine */

/**
 * text_symbol_find() - the address of "kvm_mmu_load+0x4/0x110 [kvm]", "kvm_mmu_load [kvm]" or "kvm_mmu_load".
 * @p:		the first of it; what follows it is not looked at.
 * @last:	what was found here last time: makes it fast; NULL at first.
 *
 * Return: false when there is no symbol, or when there are too many (65536).
 */
bool text_symbol_find(struct text_symbols *s, const char *p, const char *end, const struct text_symbol **last,
		      uint64_t *addr);
/* The symbol of such an address; NULL for any other. */
const char *text_symbol_name(const struct text_symbols *s, uint64_t addr, uint64_t *offset);

#endif
