/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_BTF_H
#define CAPTURE_LIVE_BTF_H

#include <stddef.h>

/*
 * Where members lie in the structs of the running kernel, by its own description of its types
 * (Documentation/bpf/btf.rst): one of the kernel, one of each module on top of it.
 */
struct btf;

/**
 * btf_open() - the kernel's types, and those of its modules @modules (names end with NULL) that have any.
 * @folder:	/sys/kernel/btf
 *
 * Return: NULL when the kernel does not describe its types.
 */
struct btf *btf_open(const char *folder, const char *const *modules);
void btf_close(struct btf *b);		/* NULL is fine */

/**
 * btf_offset() - of a member, in bytes.
 * @path:	"kvm_memory_slot.base_gfn"; members of structs within it behind more dots.  Members of a struct or
 *		union without a name are its own.
 *
 * Return: -ENOENT when there is no such struct, -ENODATA when it has no such member, or one that is no whole bytes.
 */
long btf_offset(const struct btf *b, const char *path);

#endif
