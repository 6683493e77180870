/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_DAMAGE_SUBJECT_H
#define TEST_DAMAGE_SUBJECT_H

#include "base/err.h"
#include "base/types.h"

/* One file through one reader, and what the reader said of it. */
struct answer {
	int	   ret;		/* 0 or negative */
	struct err e;
	uint64_t   events;
	uint64_t   lost;	/* sum of the loss table */
	uint64_t   damage;	/* sum of the damage list */
	uint64_t   said;	/* fingerprint of both */
	uint64_t   content;	/* hash of all records, where every bit is under a checksum; 0: not so */
	const char *wrong;	/* a promise broken, whatever the file; NULL: none */
};

/*
 * The whole import into the event file @out, which is opened and counted
 * afterwards, as is what it was made of.
 */
void subject_recording(const char *path, const char *out, struct answer *a);
/* Every record of an event file: plainly, and when that is refused with salvage. */
void subject_event_file(const char *path, const char *out, struct answer *a);

#endif
