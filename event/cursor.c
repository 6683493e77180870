/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One stream of an event file, block by block. */
#include <stdlib.h>

#include "base/alloc.h"
#include "event/file.h"

int ev_cursor_open(struct ev_file *f, uint32_t task, enum ev_class cls, struct ev_cursor **out, struct err *e)
{
	struct ev_cursor *c;

	if (task >= f->meta.nr_tasks || cls >= EV_NR_CLASSES)
		return err_set(e, ERR_INPUT, "%s: there is no task %u; it has %zu", f->path, task,
			       f->meta.nr_tasks);
	c = xcalloc_lines(1, sizeof(*c));
	c->file = f;
	c->task = task;
	c->cls = cls;
	c->order = index_stream(&f->index, task, cls, &c->nr_blocks);
	*out = c;
	return 0;
}

void ev_cursor_close(struct ev_cursor *c)
{
	if (!c)
		return;
	free(c->block);
	free(c);
}

/* The buffer is as large as the stream's blocks need so far: short streams stay small. */
static struct ev *room_for(struct ev_cursor *c, uint32_t count)
{
	if (count > c->cap) {
		free(c->block);
		c->block = xcalloc(count, sizeof(*c->block));
		c->cap = count;
	}
	return c->block;
}

/* Block @at of the index, from the file's own records or into the cursor's buffer. */
static int load(struct ev_cursor *c, uint32_t at, const struct ev **out, const char **wrong)
{
	const struct index_block *block = &c->file->index.blocks[at];

	if (c->file->keeps[c->cls])
		return file_keep_block(c->file, at, out, wrong);
	*out = room_for(c, block->entry.count);
	return file_load_block(c->file, block, c->block, wrong);
}

int ev_cursor_load(struct ev_cursor *c, struct err *e)
{
	const struct index_block *block;
	const struct ev *records;
	const char *wrong;
	int ret;

	if (c->next_block == c->nr_blocks)
		return 0;
	block = &c->file->index.blocks[c->order[c->next_block]];
	c->next = c->end = NULL;
	ret = load(c, c->order[c->next_block], &records, &wrong);
	if (ret < 0)
		return err_sys(e, -ret, c->file->path, "read");
	if (ret)
		return file_block_error(c->file, block, wrong, e);
	c->next_block++;
	c->next = records;
	c->end = records + block->entry.count;
	c->first_ns = block->entry.first_ns;
	c->number = block->first_record;
	return 1;
}

uint64_t ev_cursor_block_ns(const struct ev_cursor *c)
{
	if (c->next_block == c->nr_blocks)
		return UINT64_MAX;
	return c->file->index.blocks[c->order[c->next_block]].entry.first_ns;
}
