/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_BENCH_DATOUT_H
#define TEST_BENCH_DATOUT_H

#include <stdint.h>

#include "test/bench/rec6.h"

/*
 * Writes a trace.dat in the order trace-cmd does: version 6, or version 7 with
 * its sections, plain or packed.  A failed write ends the process.
 */
enum datout_codec { DATOUT_NONE, DATOUT_ZSTD, DATOUT_ZLIB };

struct datout;

/* Head, formats marked used, threads and options of @r; @version 6 (never packed) or 7. */
struct datout *datout_open(const char *path, const struct rec6 *r, int version, enum datout_codec codec);
/* CPUs in turn, 0 first; one without pages counts too. */
void datout_cpu(struct datout *d);
/* @nr pages of the CPU begun last. */
void datout_pages(struct datout *d, const uint8_t *pages, uint32_t nr);
/* Where the first CPU's data begin, in bytes. */
uint64_t datout_begin(const struct datout *d);
/* Return: where the last CPU's data end. */
uint64_t datout_close(struct datout *d);

#endif
