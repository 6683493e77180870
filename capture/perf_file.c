// SPDX-License-Identifier: GPL-2.0-or-later
/* Header and sections of a perf.data, and the way in and out. */
#include "capture/perf_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/source.h"

#define HEAD_FILE	104
#define HEAD_PIPE	16

enum { AT_HEAD_SIZE = 8, AT_ATTR_SIZE = 16, AT_ATTRS = 24, AT_DATA = 40, AT_FEATURES = 72 };

static bool is_little(const uint8_t *p)
{
	return !memcmp(p, "PERFILE2", 8);
}

bool perf_magic(const uint8_t *p, size_t len)
{
	return len >= 8 && (is_little(p) || !memcmp(p, "2ELIFREP", 8));
}

int perf_damaged(const struct perf_file *f, struct err *e, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_INPUT, "%s: %s; the recording is damaged or cut short, record or copy it again",
		       f->path, what);
}

void perf_note_add(struct perf_notes *notes, uint32_t cpu, const char *what, uint64_t n)
{
	for (size_t i = 0; i < notes->nr; i++)
		if (notes->v[i].cpu == cpu && notes->v[i].what == what) {
			notes->v[i].n += n;
			return;
		}
	notes->v = xreallocarray(notes->v, notes->nr + 1, sizeof(*notes->v));
	notes->v[notes->nr++] = (struct perf_note){ cpu, what, n };
}

struct perf_section perf_file_clip(const struct perf_file *f, struct perf_section s)
{
	if (s.offset >= f->file.size)
		return (struct perf_section){ 0 };
	s.size = min_u64(s.size, f->file.size - s.offset);
	return s;
}

void perf_file_drop(struct perf_file *f)
{
	f->touched = 0;
	madvise((void *)f->file.p, f->file.size, MADV_DONTNEED);
}

int perf_directory(const char *path, struct err *e)
{
	char *data = xasprintf("%s/data", path);
	bool perf = !access(data, F_OK);

	free(data);
	if (!perf)
		return err_sys(e, EISDIR, path, "read");
	return err_set(e, ERR_INPUT, "%s: a directory of \"perf record --threads\"; record without it, into one file", path);
}

static struct perf_section section_at(const struct perf_file *f, uint64_t at)
{
	return (struct perf_section){ perf_u64(f->file.p + at, f->swap), perf_u64(f->file.p + at + 8, f->swap) };
}

/* Behind the records stands a table of the features whose bits are set in the header. */
static void read_features(struct perf_file *f, uint64_t table)
{
	for (unsigned int i = 0; i < PERF_FEAT_NR; i++) {
		uint64_t word = perf_u64(f->file.p + AT_FEATURES + i / 64 * 8, f->swap);
		struct perf_section s, part;

		if (!(word >> (i % 64) & 1))
			continue;
		if (table > f->file.size || f->file.size - table < 16) {
			perf_note_add(&f->damage, SOURCE_NO_CPU, "header sections behind the records are cut off", 1);
			continue;
		}
		s = section_at(f, table);
		part = perf_file_clip(f, s);
		table += 16;
		if (part.size < s.size)
			perf_note_add(&f->damage, SOURCE_NO_CPU, "header sections end beyond the end of the file", 1);
		else
			f->features[i] = part;
	}
}

static int read_file_header(struct perf_file *f, struct err *e)
{
	struct perf_section data;

	if (f->file.size < HEAD_FILE)
		return perf_damaged(f, e, "it ends within its head");
	f->attr_size = perf_u64(f->file.p + AT_ATTR_SIZE, f->swap);
	f->attrs = section_at(f, AT_ATTRS);
	data = section_at(f, AT_DATA);
	if (perf_file_clip(f, f->attrs).size < f->attrs.size || !f->attrs.size)
		return perf_damaged(f, e, "its event attributes are not in the file");
	if (data.offset < HEAD_FILE || data.offset > f->file.size)
		return perf_damaged(f, e, "its records begin at byte %llu of %llu",
				    (unsigned long long)data.offset, (unsigned long long)f->file.size);
	if (!data.size) {	/* written when perf ends, as are the features */
		perf_note_add(&f->damage, SOURCE_NO_CPU,
			      "perf record did not end in order: no header sections, records up to the end of the file", 1);
		data.size = f->file.size - data.offset;
	} else if (data.size > f->file.size - data.offset) {
		perf_note_add(&f->damage, SOURCE_NO_CPU, "bytes of records are cut off",
			      data.size - (f->file.size - data.offset));
		perf_note_add(&f->damage, SOURCE_NO_CPU, "header sections behind the records are cut off", 1);
		data.size = f->file.size - data.offset;
	} else {
		read_features(f, data.offset + data.size);
	}
	f->data = data;
	return 0;
}

static int read_header(struct perf_file *f, struct err *e)
{
	uint64_t size;

	if (!perf_magic(f->file.p, f->file.size))
		return err_set(e, ERR_INPUT, "%s: not a perf.data", f->path);
	if (f->file.size < HEAD_PIPE)
		return perf_damaged(f, e, "it ends within its head");
	f->swap = is_little(f->file.p) != (__BYTE_ORDER == __LITTLE_ENDIAN);
	size = perf_u64(f->file.p + AT_HEAD_SIZE, f->swap);
	if (size == HEAD_FILE)
		return read_file_header(f, e);
	if (size != HEAD_PIPE)
		return perf_damaged(f, e, "a header of %llu bytes is neither a file's (104) nor a pipe's (16)",
				    (unsigned long long)size);
	f->pipe = true;
	f->data = (struct perf_section){ HEAD_PIPE, f->file.size - HEAD_PIPE };
	return 0;
}

int perf_file_open(const char *path, struct perf_file *f, struct err *e)
{
	int ret;

	*f = (struct perf_file){ .path = xstrdup(path) };
	ret = mapping_open(path, &f->file, e);
	if (!ret)
		ret = read_header(f, e);
	if (ret)
		perf_file_close(f);
	return ret;
}

void perf_file_close(struct perf_file *f)
{
	mapping_close(&f->file);
	free(f->damage.v);
	free(f->path);
	*f = (struct perf_file){ 0 };
}
