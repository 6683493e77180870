// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes another perf.data of a recorded one: shorter, or many times as long, as
 * a file or as a pipe has it, plain or packed.
 *
 *	reperf [-b BYTES] [-n TIMES] [-p] [-z] IN -o OUT
 *
 * IN is a plain perf.data in file mode of a machine of this byte order.  -b takes
 * whole records of at most so many bytes of its data; -n writes its samples again
 * and again, each time a span later; -p writes the form a pipe carries; -z packs
 * records with zstd as "perf record -z" does.  Prints the samples, the most in 4096
 * bytes, and from which to which byte they are.  Layouts: tools/perf/Documentation/perf.data-file-format.txt.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define PAGE		4096u
#define GAP_NS		1000000
#define PACK_BYTES	(32u << 10)	/* of records, packed at a time */
#define NR_FEATURES	256

enum { FEAT_TRACING_DATA = 1, FEAT_BUILD_ID, FEAT_COMPRESSED = 27 };
enum { REC_ATTR = 64, REC_TRACING_DATA = 66, REC_COMPRESSED = 81, REC_FEATURE = 80, REC_USER = 64 };

struct section { uint64_t offset, size; };

struct file_header {
	char		magic[8];
	uint64_t	size, attr_size;
	struct section	attrs, data, event_types;
	uint64_t	features[NR_FEATURES / 64];
};

struct in {
	const uint8_t		 *p;
	uint64_t		  size;
	const struct file_header *head;
	uint64_t		  data_size;	/* as cut */
	uint64_t		  time_at;	/* within a sample, behind its header */
	uint64_t		  span_ns, samples;
	uint32_t		  smallest;	/* sample, in bytes */
	uint64_t		  first_at;	/* of the first sample, within the data */
};

struct out {
	FILE	  *f;
	uint64_t   at;
	ZSTD_CCtx *zstd;		/* NULL: plain */
	uint8_t	   buf[PACK_BYTES + 65536];
	size_t	   fill;
	uint64_t   samples_at;		/* where the first of them went */
};

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "reperf: %s\n", what);
	exit(3);
}

static void put(struct out *o, const void *p, size_t len)
{
	if (len && fwrite(p, 1, len, o->f) != len)
		die("cannot write");
	o->at += len;
}

static void put_header(struct out *o, uint32_t type, uint64_t size)
{
	const struct perf_event_header h = { .type = type, .size = size };

	put(o, &h, sizeof(h));
}

/* --- records, packed or not ------------------------------------------------------- */

static void pack(struct out *o)
{
	static uint8_t packed[65536];
	ZSTD_inBuffer in = { o->buf, o->fill, 0 };

	while (in.pos < in.size) {
		ZSTD_outBuffer out = { packed, sizeof(packed) - 1024, 0 };
		size_t left = ZSTD_compressStream2(o->zstd, &out, &in, ZSTD_e_flush);

		if (ZSTD_isError(left) || left)
			die("cannot pack");
		put_header(o, REC_COMPRESSED, sizeof(struct perf_event_header) + out.pos);
		put(o, packed, out.pos);
	}
	o->fill = 0;
}

static void record(struct out *o, const struct perf_event_header *h)
{
	if (!o->zstd || h->type >= REC_USER) {	/* perf packs what the kernel wrote, and nothing of its own */
		if (o->fill)
			pack(o);
		put(o, h, h->size);
		return;
	}
	memcpy(o->buf + o->fill, h, h->size);
	o->fill += h->size;
	if (o->fill >= PACK_BYTES)
		pack(o);
}

/* --- reading -------------------------------------------------------------------------- */

static const struct perf_event_attr *attr_at(const struct in *in, uint64_t i, const struct section **ids)
{
	const uint8_t *p = in->p + in->head->attrs.offset + i * in->head->attr_size;

	*ids = (const void *)(p + in->head->attr_size - sizeof(struct section));
	return (const void *)p;
}

static uint64_t nr_attrs(const struct in *in)
{
	return in->head->attrs.size / in->head->attr_size;
}

/* IDENTIFIER, IP, TID, TIME, in this order. */
static void find_time(struct in *in)
{
	const struct section *ids;
	uint64_t type = attr_at(in, 0, &ids)->sample_type;

	if (!(type & PERF_SAMPLE_TIME))
		die("its samples have no time");
	in->time_at = 8 * (!!(type & PERF_SAMPLE_IDENTIFIER) + !!(type & PERF_SAMPLE_IP) + !!(type & PERF_SAMPLE_TID));
}

static uint64_t *time_of(const struct in *in, const struct perf_event_header *h)
{
	return (uint64_t *)((uint8_t *)(h + 1) + in->time_at);
}

/* Cuts the data to whole records of @bytes at most; counts samples and their span. */
static void measure(struct in *in, uint64_t bytes)
{
	uint64_t at = 0, first = UINT64_MAX, last = 0, end = in->head->data.size;

	while (at < end) {
		const struct perf_event_header *h = (const void *)(in->p + in->head->data.offset + at);

		if (bytes && at + h->size > bytes)
			break;
		if (h->type == REC_COMPRESSED || h->size < sizeof(*h))
			die("its data are packed, or no records");
		if (h->type == PERF_RECORD_SAMPLE) {
			uint64_t t = *time_of(in, h);

			first = t < first ? t : first;
			last = t > last ? t : last;
			if (!in->samples++)
				in->first_at = at;
			if (!in->smallest || h->size < in->smallest)
				in->smallest = h->size;
		}
		at += h->size;
	}
	in->data_size = at;
	in->span_ns = last - first + GAP_NS;
}

static void read_in(struct in *in, const char *path, uint64_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || st.st_size < (off_t)sizeof(struct file_header))
		die("cannot open the input");
	in->size = st.st_size;
	in->p = mmap(NULL, in->size, PROT_READ, MAP_PRIVATE, fd, 0);
	in->head = (const void *)in->p;
	if (in->p == MAP_FAILED || memcmp(in->head->magic, "PERFILE2", 8) || in->head->size != sizeof(*in->head))
		die("no perf.data in file mode");
	find_time(in);
	measure(in, bytes);
}

/* --- writing ----------------------------------------------------------------------------- */

static void write_records(struct out *o, const struct in *in, uint64_t times)
{
	uint8_t copy[65536];

	for (uint64_t n = 0; n < times; n++) {
		for (uint64_t at = 0; at < in->data_size;) {
			const struct perf_event_header *h = (const void *)(in->p + in->head->data.offset + at);

			if (!n && at == in->first_at)
				o->samples_at = o->at;
			at += h->size;
			if (n && h->type == PERF_RECORD_SAMPLE) {
				memcpy(copy, h, h->size);
				h = (const void *)copy;
				*time_of(in, h) += n * in->span_ns;
			}
			if (!n || h->type == PERF_RECORD_SAMPLE || h->type >= REC_USER)
				record(o, h);
		}
	}
	if (o->fill)
		pack(o);
}

static void tell(const struct in *in, uint64_t times, uint64_t from, uint64_t to)
{
	const uint64_t samples = in->samples * times;

	printf("%llu samples, at most %u in a page, data at %llu .. %llu\n", (unsigned long long)samples,
	       in->smallest ? PAGE / in->smallest : 0, (unsigned long long)from, (unsigned long long)to);
}

struct packing { uint32_t version, type, level, ratio, mmap_len; };
static const struct packing packing = { 1, 1, 1, 5, 528384 };

static bool has(const struct in *in, unsigned int bit)
{
	return in->head->features[bit / 64] >> bit % 64 & 1;
}

/* What a feature's section holds, packing's included; NULL: the file has none. */
static const void *feature(const struct in *in, const struct out *o, unsigned int bit, uint64_t *size)
{
	const struct section *s = (const void *)(in->p + in->head->data.offset + in->head->data.size);

	if (o->zstd && bit == FEAT_COMPRESSED) {
		*size = sizeof(packing);
		return &packing;
	}
	if (!has(in, bit))
		return NULL;
	for (unsigned int i = 0; i < bit; i++)
		s += has(in, i);
	*size = s->size;
	return in->p + s->offset;
}

/* A table of the sections stands behind the data, what they hold behind the table. */
static void write_features(struct out *o, const struct in *in, struct file_header *head)
{
	struct section table[NR_FEATURES];
	uint64_t nr = 0, at, size;

	for (unsigned int bit = 0; bit < NR_FEATURES; bit++)
		nr += feature(in, o, bit, &size) != NULL;
	at = o->at + nr * sizeof(*table);
	nr = 0;
	for (unsigned int bit = 0; bit < NR_FEATURES; bit++) {
		if (!feature(in, o, bit, &size))
			continue;
		head->features[bit / 64] |= 1ull << bit % 64;
		table[nr++] = (struct section){ at, size };
		at += size;
	}
	put(o, table, nr * sizeof(*table));
	for (unsigned int bit = 0; bit < NR_FEATURES; bit++) {
		const void *p = feature(in, o, bit, &size);

		if (p)
			put(o, p, size);
	}
}

static void write_file(struct out *o, const struct in *in, uint64_t times)
{
	struct file_header head = *in->head;

	put(o, in->p, in->head->data.offset);	/* header, attributes and ids stay where they are */
	write_records(o, in, times);
	head.data.size = o->at - head.data.offset;
	write_features(o, in, &head);
	fseeko(o->f, 0, SEEK_SET);
	put(o, &head, sizeof(head));
	tell(in, times, o->samples_at, head.data.offset + head.data.size);
}

static void put_attrs(struct out *o, const struct in *in)
{
	for (uint64_t i = 0; i < nr_attrs(in); i++) {
		const struct section *ids;
		const struct perf_event_attr *attr = attr_at(in, i, &ids);
		uint64_t len = in->head->attr_size - sizeof(*ids);

		put_header(o, REC_ATTR, sizeof(struct perf_event_header) + len + ids->size);
		put(o, attr, len);
		put(o, in->p + ids->offset, ids->size);
	}
}

/* What fits into a record, and what a pipe's reader takes as one. */
static void put_feature(struct out *o, const void *p, uint64_t bit, uint64_t len)
{
	uint64_t size = sizeof(struct perf_event_header) + 8 + len;

	if (size > 65528)
		return;
	put_header(o, REC_FEATURE, size);
	put(o, &bit, 8);
	put(o, p, len);
}

static void put_tracing(struct out *o, const void *p, uint64_t len)
{
	const uint32_t size = (len + 7) & ~7ull;
	const uint64_t none = 0;

	put_header(o, REC_TRACING_DATA, sizeof(struct perf_event_header) + 4);
	put(o, &size, 4);
	put(o, p, len);
	put(o, &none, size - len);
}

static void write_pipe(struct out *o, const struct in *in, uint64_t times)
{
	const uint64_t head_size = 16;
	uint64_t size;

	put(o, "PERFILE2", 8);
	put(o, &head_size, 8);
	put_attrs(o, in);
	for (unsigned int bit = 0; bit < NR_FEATURES; bit++) {
		const void *p = feature(in, o, bit, &size);

		if (p && bit == FEAT_TRACING_DATA)
			put_tracing(o, p, size);
		else if (p && bit > FEAT_BUILD_ID)	/* build ids are records of their own there */
			put_feature(o, p, bit, size);
	}
	write_records(o, in, times);
	tell(in, times, o->samples_at, o->at);
}

int main(int argc, char **argv)
{
	static struct out o;
	uint64_t bytes = 0, times = 1;
	bool pipe = false, zstd = false;
	const char *path = NULL;
	struct in in = { 0 };
	int opt;

	while ((opt = getopt(argc, argv, "b:n:pzo:")) != -1) {
		if (opt == 'b')
			bytes = strtoull(optarg, NULL, 0);
		else if (opt == 'n')
			times = strtoull(optarg, NULL, 0);
		else if (opt == 'p')
			pipe = true;
		else if (opt == 'z')
			zstd = true;
		else if (opt == 'o')
			path = optarg;
		else
			return 2;
	}
	if (optind != argc - 1 || !path || !times) {
		fputs("usage: reperf [-b BYTES] [-n TIMES] [-p] [-z] IN -o OUT\n", stderr);
		return 2;
	}
	read_in(&in, argv[optind], bytes);
	o.f = fopen(path, "w");
	if (!o.f)
		die("cannot create the output");
	o.zstd = zstd ? ZSTD_createCCtx() : NULL;
	(pipe ? write_pipe : write_file)(&o, &in, times);
	if (fclose(o.f))
		die("cannot write");
	ZSTD_freeCCtx(o.zstd);
	return 0;
}
