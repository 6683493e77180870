// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/types.h"
#include "capture/live/host.h"

#define BTF_MAGIC	0xeb9f
#define PARTS_MAX	8		/* the kernel and its modules */
#define DEPTH_MAX	16		/* of structs in structs, and of typedefs of typedefs */

enum btf_kind {			/* btf.rst, 2.2 */
	KIND_INT = 1, KIND_PTR, KIND_ARRAY, KIND_STRUCT, KIND_UNION, KIND_ENUM, KIND_FWD, KIND_TYPEDEF, KIND_VOLATILE,
	KIND_CONST, KIND_RESTRICT, KIND_FUNC, KIND_FUNC_PROTO, KIND_VAR, KIND_DATASEC, KIND_FLOAT, KIND_DECL_TAG,
	KIND_TYPE_TAG, KIND_ENUM64, NR_KINDS,
};

struct btf_header {
	uint16_t magic;
	uint8_t	 version, flags;
	uint32_t hdr_len, type_off, type_len, str_off, str_len;
};

struct btf_type {
	uint32_t name, info, size_or_type;
};

struct btf_member {
	uint32_t name, type, offset;	/* bits; of a struct with bit fields, their size above bit 24 */
};

struct part {			/* types and names go on from those of the kernel's part */
	char		*data;
	const char	*strings;
	uint32_t	 strings_len, first_string;
	const struct btf_type **types;
	uint32_t	 nr_types, first_type;
};

struct btf {
	struct part	part[PARTS_MAX];
	unsigned int	nr_parts;
};

static unsigned int kind_of(const struct btf_type *t)
{
	return t->info >> 24 & 31;
}

static unsigned int members_of(const struct btf_type *t)
{
	return t->info & 0xffff;
}

/* Bytes behind the type itself. */
static size_t tail_of(const struct btf_type *t)
{
	static const uint8_t each[NR_KINDS] = {
		[KIND_STRUCT] = 12, [KIND_UNION] = 12, [KIND_ENUM] = 8, [KIND_FUNC_PROTO] = 8, [KIND_DATASEC] = 12,
		[KIND_ENUM64] = 12,
	};
	static const uint8_t once[NR_KINDS] = {
		[KIND_INT] = 4, [KIND_ARRAY] = 12, [KIND_VAR] = 4, [KIND_DECL_TAG] = 4,
	};

	return each[kind_of(t)] * (size_t)members_of(t) + once[kind_of(t)];
}

/* --- reading ---------------------------------------------------------------------------------- */

/* False: something is in it that is not known, so that what comes behind cannot be found. */
static bool index_types(struct part *p, const char *types, size_t len)
{
	uint32_t cap = 0;

	for (size_t at = 0; at + sizeof(struct btf_type) <= len;) {
		const struct btf_type *t = (const struct btf_type *)(types + at);

		if (kind_of(t) == 0 || kind_of(t) >= NR_KINDS || len - at - sizeof(*t) < tail_of(t))
			return false;
		if (p->nr_types == cap)
			p->types = xreallocarray(p->types, cap = cap ? 2 * cap : 1024, sizeof(*p->types));
		p->types[p->nr_types++] = t;
		at += sizeof(*t) + tail_of(t);
	}
	return true;
}

static bool read_part(struct part *p, const char *path, const struct part *below)
{
	struct btf_header h;
	size_t len;

	*p = (struct part){ .data = host_file(path, &len), .first_type = 1 };
	if (below) {
		p->first_type = below->first_type + below->nr_types;
		p->first_string = below->strings_len;
	}
	if (!p->data || len < sizeof(h))
		return false;
	memcpy(&h, p->data, sizeof(h));
	if (h.magic != BTF_MAGIC || h.version != 1 || h.hdr_len > len ||
	    len - h.hdr_len < (uint64_t)h.type_off + h.type_len ||
	    len - h.hdr_len < (uint64_t)h.str_off + h.str_len || (h.hdr_len | h.type_off) & 3)
		return false;
	p->strings = p->data + h.hdr_len + h.str_off;
	p->strings_len = h.str_len;
	return h.str_len && !p->strings[h.str_len - 1] && index_types(p, p->data + h.hdr_len + h.type_off, h.type_len);
}

static void free_part(struct part *p)
{
	free(p->data);
	free(p->types);
	*p = (struct part){ 0 };
}

static bool add_part(struct btf *b, const char *folder, const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);
	struct part *p = &b->part[b->nr_parts];
	bool fine = read_part(p, path, b->nr_parts ? &b->part[0] : NULL);

	if (fine)
		b->nr_parts++;
	else
		free_part(p);
	free(path);
	return fine;
}

struct btf *btf_open(const char *folder, const char *const *modules)
{
	struct btf *b = xcalloc(1, sizeof(*b));

	if (!add_part(b, folder, "vmlinux")) {
		free(b);
		return NULL;
	}
	for (; *modules && b->nr_parts < PARTS_MAX; modules++)
		add_part(b, folder, *modules);
	return b;
}

void btf_close(struct btf *b)
{
	if (!b)
		return;
	for (unsigned int i = 0; i < b->nr_parts; i++)
		free_part(&b->part[i]);
	free(b);
}

/* --- looking up ------------------------------------------------------------------------------- */

/* As seen from @p: its own names are behind the kernel's. */
static const char *name_at(const struct btf *b, const struct part *p, uint32_t name)
{
	const struct part *from = name < p->first_string ? &b->part[0] : p;

	name -= from->first_string;
	return name < from->strings_len ? from->strings + name : "";
}

static const struct btf_type *type_at(const struct btf *b, const struct part **p, uint32_t id)
{
	if (id < (*p)->first_type)
		*p = &b->part[0];
	id -= (*p)->first_type;
	return id < (*p)->nr_types ? (*p)->types[id] : NULL;
}

static bool is_struct(const struct btf_type *t)
{
	return kind_of(t) == KIND_STRUCT || kind_of(t) == KIND_UNION;
}

/* What a name or a qualifier stands for; NULL: no struct. */
static const struct btf_type *struct_at(const struct btf *b, const struct part **p, uint32_t id)
{
	const struct btf_type *t = type_at(b, p, id);

	for (int depth = 0; t && depth < DEPTH_MAX; depth++) {
		unsigned int kind = kind_of(t);

		if (is_struct(t))
			return t;
		if (kind != KIND_TYPEDEF && kind != KIND_CONST && kind != KIND_VOLATILE && kind != KIND_TYPE_TAG)
			return NULL;
		t = type_at(b, p, t->size_or_type);
	}
	return NULL;
}

static const struct btf_type *find_struct(const struct btf *b, const char *name, size_t len, const struct part **where)
{
	for (unsigned int i = 0; i < b->nr_parts; i++) {
		const struct part *p = &b->part[i];

		for (uint32_t n = 0; n < p->nr_types; n++) {
			const char *own = is_struct(p->types[n]) ? name_at(b, p, p->types[n]->name) : "";

			if (!strncmp(own, name, len) && !own[len]) {
				*where = p;
				return p->types[n];
			}
		}
	}
	return NULL;
}

/* Bits from the beginning of @t; -1. */
static int64_t find_member(const struct btf *b, const struct part *p, const struct btf_type *t, const char *path,
			   unsigned int depth)
{
	const struct btf_member *m = (const struct btf_member *)(t + 1);
	size_t len = strcspn(path, ".");

	for (unsigned int i = 0; i < members_of(t) && depth < DEPTH_MAX; i++, m++) {
		const struct part *where = p;
		const char *name = name_at(b, p, m->name);
		const struct btf_type *inner;
		int64_t at = t->info >> 31 ? m->offset & 0xffffff : m->offset, in;

		if (*name && (strncmp(name, path, len) || name[len]))
			continue;
		if (*name && !path[len])
			return at;
		inner = struct_at(b, &where, m->type);
		in = inner ? find_member(b, where, inner, *name ? path + len + 1 : path, depth + 1) : -1;
		if (in >= 0)
			return at + in;
	}
	return -1;
}

long btf_offset(const struct btf *b, const char *path)
{
	size_t len = strcspn(path, ".");
	const struct part *p;
	const struct btf_type *t = path[len] ? find_struct(b, path, len, &p) : NULL;
	int64_t bits;

	if (!t)
		return -ENOENT;
	bits = find_member(b, p, t, path + len + 1, 0);
	return bits < 0 || bits & 7 ? -ENODATA : (long)(bits / 8);
}
