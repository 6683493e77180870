/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what is sound of a damaged file.  Block and section headers carry a
 * magic and their own hash, so the file can be walked without its index: from
 * header to header, and after damage from one magic to the next.
 */
#include "event/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define SCAN_BYTES	(64u << 10)

struct salvage {
	struct ev_file	*f;
	struct index	 found;		/* sound headers, in file order */
	uint32_t	 next_number;	/* of the next block, if none is missing */
	uint64_t	 end;		/* of the last sound unit */
	bool		 meta_found;
	struct ev	*records;	/* room for the largest block */
	uint64_t	 kinds[OBS_END];
	uint32_t	 nr_tasks, nr_vms; /* as the records use them */
};

/* Return: offset of the next magic at or after @offset, or the file's size; negative errno. */
static int64_t next_magic(const struct ev_file *f, uint64_t offset)
{
	const uint32_t block = DISK_BLOCK_MAGIC, section = DISK_SECTION_MAGIC;
	uint8_t *buf = xmalloc(SCAN_BYTES);
	int64_t found = -1;

	while (found < 0 && offset + sizeof(block) <= f->size) {
		size_t bytes = f->size - offset < SCAN_BYTES ? f->size - offset : SCAN_BYTES;
		int ret = disk_read(f->fd, buf, bytes, offset);

		if (ret) {
			free(buf);
			return ret < 0 ? ret : (int64_t)f->size;
		}
		for (size_t i = 0; i + sizeof(block) <= bytes && found < 0; i++) {
			if (!memcmp(buf + i, &block, 4) || !memcmp(buf + i, &section, 4))
				found = offset + i;
		}
		offset += bytes - (sizeof(block) - 1);	/* a magic may lie across */
	}
	free(buf);
	return found < 0 ? (int64_t)f->size : found;
}

/* Return: length of the block at @offset, 0 when there is none, negative errno. */
static int64_t take_block(struct salvage *s, uint64_t offset)
{
	struct disk_block head;
	uint64_t bytes;
	int ret = disk_read(s->f->fd, &head, sizeof(head), offset);

	if (ret)
		return ret < 0 ? ret : 0;
	if (block_check_head(&head))
		return 0;
	bytes = sizeof(head) + head.stored_bytes;
	if (head.number < s->next_number) {	/* of another file, or twice */
		s->f->skipped++;
		return bytes;
	}
	s->f->skipped += head.number - s->next_number;
	s->next_number = head.number + 1;
	if (bytes > s->f->size - offset) {
		s->f->skipped++;
		return s->f->size - offset;
	}
	index_add(&s->found, &(struct index_block){
		.entry = {
			.task = head.task, .cls = head.cls, .count = head.count,
			.stored_bytes = head.stored_bytes, .offset = offset,
			.first_ns = head.first_ns, .last_ns = head.last_ns,
		},
		.number = head.number,
		.first_record = head.first_record,
	});
	return bytes;
}

static int take_meta(struct salvage *s, const struct disk_section *head, uint64_t offset)
{
	char *text = xmalloc(head->bytes);
	int ret = disk_read(s->f->fd, text, head->bytes, offset);

	if (!ret && disk_payload_hash(text, head->bytes) == head->payload_hash)
		s->meta_found = file_parse_meta(s->f, text, head->bytes, NULL) == 0;
	free(text);
	return ret < 0 ? ret : 0;
}

/* As take_block(), for a section. */
static int64_t take_section(struct salvage *s, uint64_t offset)
{
	struct disk_section head;
	int ret = disk_read(s->f->fd, &head, sizeof(head), offset);

	if (ret)
		return ret < 0 ? ret : 0;
	if (head.magic != DISK_SECTION_MAGIC || !DISK_SOUND(&head))
		return 0;
	if (head.bytes > s->f->size - offset - sizeof(head))
		return s->f->size - offset;
	if (head.kind == DISK_META) {
		ret = take_meta(s, &head, offset + sizeof(head));
		if (ret)
			return ret;
	}
	return sizeof(head) + head.bytes;
}

/* Finds blocks and dictionary without the index.  Return: 0 or -errno. */
static int scan(struct salvage *s)
{
	int64_t at = sizeof(struct disk_preamble);
	bool in_blocks = true;

	s->end = at;
	while (at >= 0 && (uint64_t)at < s->f->size) {
		int64_t bytes = take_block(s, at);

		if (bytes == 0) {
			bytes = take_section(s, at);
			in_blocks = in_blocks && bytes == 0;
		}
		if (bytes < 0)
			return bytes;
		at = bytes ? at + bytes : next_magic(s->f, at + 1);
		if (bytes)
			s->end = at;
	}
	if (in_blocks && s->end < s->f->size)	/* a block's beginning, or one without a sound header */
		s->f->skipped++;
	return at < 0 ? at : 0;
}

static void note_records(struct salvage *s, const struct index_block *block)
{
	for (uint32_t i = 0; i < block->entry.count; i++) {
		const struct ev *ev = &s->records[i];

		s->kinds[ev->kind]++;
		if (ev->vm != EV_NO_VM && ev->vm >= s->nr_vms)
			s->nr_vms = ev->vm + 1;
	}
	if (block->entry.task >= s->nr_tasks)
		s->nr_tasks = block->entry.task + 1;
}

/* Blocks that can be unpacked go into the file's index.  Return: 0 or -errno. */
static int keep_sound(struct salvage *s)
{
	uint32_t most = 0;

	for (size_t i = 0; i < s->found.nr; i++) {
		if (s->found.blocks[i].entry.count > most)
			most = s->found.blocks[i].entry.count;
	}
	s->records = xcalloc(most, sizeof(*s->records));
	for (size_t i = 0; i < s->found.nr; i++) {
		const struct index_block *block = &s->found.blocks[i];
		const char *wrong;
		int ret = file_load_block(s->f, block, s->records, &wrong);

		if (ret < 0)
			return ret;
		if (ret) {
			s->f->skipped++;
			continue;
		}
		note_records(s, block);
		index_add(&s->f->index, block);
	}
	return 0;
}

/* Tasks and VMs that records name and the dictionary does not have. */
static void make_up(struct salvage *s)
{
	struct ev_meta *m = &s->f->meta;
	char name[32];

	while (m->nr_tasks < s->nr_tasks) {
		snprintf(name, sizeof(name), "task-%zu", m->nr_tasks);
		ev_meta_add_task(m, 0, name);
	}
	while (m->nr_vms < s->nr_vms)
		ev_meta_add_vm(m);
	if (s->meta_found)
		return;
	for (size_t i = 0; i < s->f->index.nr; i++) {
		if (s->f->index.blocks[i].entry.last_ns > m->last_ns)
			m->last_ns = s->f->index.blocks[i].entry.last_ns;
	}
}

static void note_damage(struct salvage *s, bool indexed)
{
	struct ev_meta *m = &s->f->meta;

	ev_counts_fini(&m->kinds);
	for (unsigned int kind = EV_NONE + 1; kind < OBS_END; kind++) {
		if (s->kinds[kind])
			ev_counts_add(&m->kinds, ev_kind_name(kind), s->kinds[kind]);
	}
	if (!indexed)
		ev_counts_add(&m->damage, "event file: index lost", 1);
	if (!s->meta_found)
		ev_counts_add(&m->damage, "event file: dictionary lost, tasks are numbers", 1);
	if (s->f->skipped)
		ev_counts_add(&m->damage, "event file: blocks left out", s->f->skipped);
}

static int salvage(struct salvage *s, bool indexed, struct err *e)
{
	const char *wrong;
	int ret = indexed ? 0 : scan(s);

	if (!ret && !s->found.nr && !s->meta_found)
		return -(int)e->exit;	/* no event file: what ev_open() found stands */
	s->f->any_vm = !s->meta_found;
	if (!ret)
		ret = keep_sound(s);
	if (ret)
		return err_sys(e, -ret, s->f->path, "read");
	make_up(s);
	s->f->any_vm = false;
	note_damage(s, indexed);
	wrong = index_build(&s->f->index, s->f->meta.nr_tasks);
	return wrong ? err_set(e, ERR_INPUT, "%s: %s: nothing can be salvaged", s->f->path, wrong) : 0;
}

int file_salvage(struct ev_file *f, bool indexed, struct err *e)
{
	struct salvage s = { .f = f, .meta_found = indexed };
	int ret;

	if (indexed)
		s.found = f->index;
	else
		index_fini(&f->index);
	f->index = (struct index){ 0 };
	if (!indexed) {
		ev_meta_fini(&f->meta);
		ev_meta_init(&f->meta);
	}
	ret = salvage(&s, indexed, e);
	free(s.records);
	index_fini(&s.found);
	return ret;
}
