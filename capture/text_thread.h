/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TEXT_THREAD_H
#define CAPTURE_TEXT_THREAD_H

#include "base/types.h"

/* Threads of a text: their newest names, and which vCPU they are. */
struct text_thread {
	uint32_t tid;
	char	 comm[28];	/* TASK_COMM_LEN is 16; "": the text does not know it ("<...>") */
	int64_t	 vcpu;		/* as its own lines say; -1: none does */
};

struct text_threads;

struct text_threads *text_threads_new(void);
void text_threads_free(struct text_threads *t);		/* NULL is fine */
/* The thread, made when it is new; valid until text_threads_free(). */
struct text_thread *text_thread_of(struct text_threads *t, uint32_t tid);
const struct text_thread *text_thread_find(const struct text_threads *t, uint32_t tid);	/* NULL: there is none */
/* @comm as a line has it; "<...>" changes nothing. */
void text_thread_named(struct text_thread *t, const char *comm, size_t len);

#endif
