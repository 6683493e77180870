/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: any bytes as an event file, read plainly and with salvage.
 * Hashes would stop nearly every mutation at the door, so the input is first
 * mended: wherever a unit's magic stands, its own and its payload's hash are
 * made right.  What is behind the hashes must be safe by itself.
 *
 * test/fuzz/fuzz.mk builds it with libFuzzer, and with a main() that runs files (main.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "event/disk.h"
#include "event/reader.h"
#include "event/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend_block(uint8_t *at, size_t left)
{
	struct disk_block head;

	if (left < sizeof(head))
		return;
	memcpy(&head, at, sizeof(head));
	if (head.stored_bytes <= left - sizeof(head))
		head.payload_hash = disk_payload_hash(at + sizeof(head), head.stored_bytes);
	head.task %= 256;	/* a million made-up tasks are legal, and slow */
	DISK_SEAL(&head);
	memcpy(at, &head, sizeof(head));
}

static void mend_section(uint8_t *at, size_t left)
{
	struct disk_section head;

	if (left < sizeof(head))
		return;
	memcpy(&head, at, sizeof(head));
	if (head.bytes <= left - sizeof(head))
		head.payload_hash = disk_payload_hash(at + sizeof(head), head.bytes);
	DISK_SEAL(&head);
	memcpy(at, &head, sizeof(head));
}

/* Every second input keeps its hashes, as damage in the field does. */
static void mend(uint8_t *data, size_t size)
{
	const uint32_t block = DISK_BLOCK_MAGIC, section = DISK_SECTION_MAGIC;
	struct disk_preamble *p = (void *)data;

	if (size & 1)
		return;
	for (size_t i = 0; i + sizeof(block) <= size; i++) {
		if (!memcmp(data + i, &block, sizeof(block)))
			mend_block(data + i, size - i);
		else if (!memcmp(data + i, &section, sizeof(section)))
			mend_section(data + i, size - i);
	}
	if (size >= sizeof(*p)) {
		struct disk_preamble copy;

		memcpy(&copy, data, sizeof(copy));
		DISK_SEAL(&copy);
		memcpy(data, &copy, sizeof(copy));
	}
	if (size >= sizeof(struct disk_trailer)) {
		uint8_t *at = data + size - sizeof(struct disk_trailer);
		struct disk_trailer t;

		memcpy(&t, at, sizeof(t));
		t.file_bytes = size;
		DISK_SEAL(&t);
		memcpy(at, &t, sizeof(t));
	}
}

static void read_cursors(struct ev_file *f)
{
	const struct ev_meta *m = ev_meta(f);

	for (uint32_t task = 0; task < m->nr_tasks; task++) {
		for (unsigned int cls = 0; cls < EV_NR_CLASSES; cls++) {
			struct ev_cursor *c;
			struct ev_at at;

			if (ev_cursor_open(f, task, cls, &c, NULL))
				abort();
			while (ev_cursor_next(c, &at, NULL) > 0) {
				if (at.number >= ev_task_end(f, task, cls) || !ev_kind_name(at.ev->kind))
					abort();
			}
			ev_cursor_close(c);
		}
	}
}

static void read_all(const char *path, unsigned int flags, FILE *null)
{
	struct err e = { 0 };
	struct ev_file *f;

	if (ev_open(path, flags, &f, &e)) {
		if (!e.exit || !e.text[0] || strchr(e.text, '\n'))
			abort();	/* an error says what it is, in one line */
		return;
	}
	read_cursors(f);
	if (ev_text_write(f, 3, null, &e) && (flags & EV_SALVAGE))
		abort();		/* a salvage has checked every block */
	ev_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	uint8_t *copy = malloc(size + 1);
	int fd = memfd_create("fuzz", 0);
	char path[64];

	if (!null)
		null = fopen("/dev/null", "w");
	if (!copy || fd < 0 || !null)
		abort();
	memcpy(copy, data, size);
	mend(copy, size);
	if (write(fd, copy, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_all(path, 0, null);
	read_all(path, EV_SALVAGE, null);
	close(fd);
	free(copy);
	return 0;
}
