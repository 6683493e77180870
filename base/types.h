/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define BIT_ULL(n)	(1ULL << (n))
#define NSEC_PER_SEC	1000000000ULL
#define PSEC_PER_NSEC	1000ULL

/* The kernel's own words; all counts of host pages (4 KiB on x86). */
typedef uint64_t gfn_t;		/* guest frame number */
typedef uint64_t pfn_t;		/* host frame number */
typedef uint64_t gpa_t;		/* guest physical address, bytes */
typedef uint64_t hva_t;		/* host virtual address, bytes */

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
