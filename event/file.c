/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening an event file: preamble, trailer, dictionary, index, and that they agree. */
#include "event/file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "event/meta_json.h"

/* Damage that --salvage may get around. */
static int damaged(const struct ev_file *f, const char *what, struct err *e)
{
	return err_set(e, ERR_INPUT, "%s: %s; `mmulab text --salvage` prints what is sound", f->path, what);
}

static int read_unit(const struct ev_file *f, void *to, size_t bytes, uint64_t offset, struct err *e)
{
	int ret = disk_read(f->fd, to, bytes, offset);

	if (ret > 0)
		return damaged(f, "file ends early", e);
	return ret < 0 ? err_sys(e, -ret, f->path, "read") : 0;
}

static bool is_trace_dat(const char *start)
{
	return !memcmp(start, "\x17\x08\x44tracing", 8);
}

bool ev_is_event_file(const char *path)
{
	char start[sizeof(DISK_MAGIC) - 1];
	struct stat st;
	bool is;
	int fd;

	if (stat(path, &st) || !S_ISREG(st.st_mode))	/* a pipe's bytes can be read but once */
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	is = !disk_read(fd, start, sizeof(start), 0) && !memcmp(start, DISK_MAGIC, sizeof(start));
	close(fd);
	return is;
}

static int check_preamble(const struct ev_file *f, struct err *e)
{
	struct disk_preamble p = { 0 };
	int ret;

	if (f->size == 0)
		return err_set(e, ERR_INPUT, "%s: the file is empty", f->path);
	ret = disk_read(f->fd, &p, f->size < sizeof(p) ? f->size : sizeof(p), 0);
	if (ret < 0)
		return err_sys(e, -ret, f->path, "read");
	if (is_trace_dat(p.magic))
		return err_set(e, ERR_INPUT, "%s: a trace.dat, not an event file; convert it with mmulab import",
			       f->path);
	if (memcmp(p.magic, DISK_MAGIC, sizeof(p.magic)))
		return err_set(e, ERR_INPUT, "%s: not an event file; mmulab import makes them from traces",
			       f->path);
	if (!DISK_SOUND(&p) || p.flags || p.rest)
		return damaged(f, "preamble: checksum does not match", e);
	if (p.version != DISK_VERSION)
		return err_set(e, ERR_INPUT, "%s: event file of version %u; this program reads version %u: import it again",
			       f->path, p.version, DISK_VERSION);
	return 0;
}

static int read_trailer(const struct ev_file *f, struct disk_trailer *t, struct err *e)
{
	uint64_t least = sizeof(struct disk_preamble) + 2 * sizeof(struct disk_section) + sizeof(*t);
	int ret;

	if (f->size < least)
		return damaged(f, "file ends early", e);
	ret = read_unit(f, t, sizeof(*t), f->size - sizeof(*t), e);
	if (ret)
		return ret;
	if (memcmp(t->magic, DISK_MAGIC_END, sizeof(t->magic)))
		return damaged(f, "no trailer: file ends early or its end is damaged", e);
	if (!DISK_SOUND(t))
		return damaged(f, "trailer: checksum does not match", e);
	if (t->file_bytes != f->size || t->meta_offset < sizeof(struct disk_preamble) ||
	    t->meta_offset > f->size || t->meta_bytes > f->size || t->index_bytes > f->size ||
	    t->meta_bytes < sizeof(struct disk_section) || t->index_bytes < sizeof(struct disk_section) ||
	    t->index_offset != t->meta_offset + t->meta_bytes ||
	    t->index_offset + t->index_bytes + sizeof(*t) != f->size)
		return damaged(f, "trailer: does not fit the file's length", e);
	return 0;
}

/* Return: the section's payload, to be freed, or NULL with @e filled. */
static void *read_section(const struct ev_file *f, enum disk_section_kind kind, uint64_t offset,
			  uint64_t bytes, struct err *e)
{
	const char *name = kind == DISK_META ? "dictionary" : "index";
	struct disk_section head;
	char what[64];
	char *data;

	snprintf(what, sizeof(what), "%s: checksum does not match", name);
	if (read_unit(f, &head, sizeof(head), offset, e))
		return NULL;
	if (head.magic != DISK_SECTION_MAGIC || !DISK_SOUND(&head) || head.kind != kind ||
	    head.bytes != bytes - sizeof(head)) {
		damaged(f, what, e);
		return NULL;
	}
	data = xmalloc(head.bytes);
	if (read_unit(f, data, head.bytes, offset + sizeof(head), e)) {
		free(data);
		return NULL;
	}
	if (disk_payload_hash(data, head.bytes) != head.payload_hash) {
		damaged(f, what, e);
		free(data);
		return NULL;
	}
	return data;
}

int file_parse_meta(struct ev_file *f, const char *text, size_t bytes, struct err *e)
{
	json_error_t wrong;
	json_t *json = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &wrong);
	int ret;

	ev_meta_fini(&f->meta);
	ev_meta_init(&f->meta);
	if (json)
		ret = meta_from_json(json, &f->meta, f->path, e);
	else
		ret = err_set(e, ERR_INPUT, "%s: dictionary: %s", f->path, wrong.text);
	json_decref(json);
	return ret;
}

static int read_meta(struct ev_file *f, const struct disk_trailer *t, struct err *e)
{
	char *text = read_section(f, DISK_META, t->meta_offset, t->meta_bytes, e);
	int ret;

	if (!text)
		return -(int)e->exit;
	ret = file_parse_meta(f, text, t->meta_bytes - sizeof(struct disk_section), e);
	free(text);
	return ret;
}

static const char *check_entry(const struct disk_entry *entry, uint64_t offset, uint32_t nr_tasks)
{
	if (entry->task >= nr_tasks || entry->cls >= EV_NR_CLASSES)
		return "index: an entry has a task that the dictionary does not have";
	if (entry->offset != offset || entry->rest[0] || entry->rest[1] || entry->rest[2])
		return "index: blocks do not follow each other";
	if (!entry->count || entry->count > DISK_BLOCK_RECORDS_MAX)
		return "index: an entry's count of records is out of range";
	return NULL;
}

/* Blocks must fill the file from the preamble to the dictionary. */
static const char *fill_index(struct index *ix, const struct disk_entry *entries, uint64_t nr,
			      uint64_t end, uint32_t nr_tasks)
{
	uint64_t *written = xcalloc((size_t)nr_tasks * EV_NR_CLASSES, sizeof(*written));
	uint64_t offset = sizeof(struct disk_preamble);
	const char *wrong = NULL;

	for (uint64_t i = 0; i < nr && !wrong; i++) {
		const struct disk_entry *entry = &entries[i];
		uint64_t *first;

		wrong = check_entry(entry, offset, nr_tasks);
		if (wrong)
			break;
		first = &written[(size_t)entry->task * EV_NR_CLASSES + entry->cls];
		if (*first + entry->count > UINT32_MAX)
			wrong = "index: more than 2^32 records in one task";
		index_add(ix, &(struct index_block){ *entry, i, *first });
		*first += entry->count;
		offset += sizeof(struct disk_block) + entry->stored_bytes;
	}
	free(written);
	if (!wrong && offset != end)
		wrong = "index: blocks do not fill the file";
	return wrong;
}

static int read_index(struct ev_file *f, const struct disk_trailer *t, struct err *e)
{
	uint64_t bytes = t->index_bytes - sizeof(struct disk_section);
	struct disk_entry *entries = read_section(f, DISK_INDEX, t->index_offset, t->index_bytes, e);
	const char *wrong;

	if (!entries)
		return -(int)e->exit;
	if (bytes / sizeof(*entries) != t->nr_blocks || bytes % sizeof(*entries))
		wrong = "index: its length does not fit the trailer's count of blocks";
	else
		wrong = fill_index(&f->index, entries, t->nr_blocks, t->meta_offset, f->meta.nr_tasks);
	free(entries);
	if (!wrong)
		wrong = index_build(&f->index, f->meta.nr_tasks);
	return wrong ? damaged(f, wrong, e) : 0;
}

/* The dictionary's records by kind against the index's by block. */
static int check_counts(const struct ev_file *f, struct err *e)
{
	uint64_t named[EV_NR_CLASSES] = { 0 }, indexed[EV_NR_CLASSES] = { 0 };

	for (size_t i = 0; i < f->meta.kinds.nr; i++) {
		unsigned int kind = ev_kind_parse(f->meta.kinds.v[i].name);

		if (kind == EV_NONE)
			return err_set(e, ERR_INPUT, "%s: dictionary: counts records of kind '%s', which version %u does not have",
				       f->path, f->meta.kinds.v[i].name, DISK_VERSION);
		named[ev_is_stimulus(kind) ? EV_STIMULUS : EV_OBSERVATION] += f->meta.kinds.v[i].n;
	}
	for (size_t i = 0; i < f->index.nr; i++)
		indexed[f->index.blocks[i].entry.cls] += f->index.blocks[i].entry.count;
	for (unsigned int cls = 0; cls < EV_NR_CLASSES; cls++) {
		if (named[cls] != indexed[cls])
			return damaged(f, "dictionary and index do not agree on the count of records", e);
	}
	return 0;
}

static int open_whole(struct ev_file *f, struct err *e)
{
	struct disk_trailer t;
	int ret = check_preamble(f, e);

	ret = ret ? ret : read_trailer(f, &t, e);
	ret = ret ? ret : read_meta(f, &t, e);
	ret = ret ? ret : read_index(f, &t, e);
	return ret ? ret : check_counts(f, e);
}

static int open_file(struct ev_file *f, const char *path, struct err *e)
{
	struct stat st;

	f->path = xstrdup(path);
	pthread_mutex_init(&f->lock, NULL);
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return err_sys(e, errno, path, "read");
	if (fstat(f->fd, &st))
		return err_sys(e, errno, path, "read");
	if (S_ISDIR(st.st_mode))
		return err_sys(e, EISDIR, path, "read");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "%s: not a regular file; an event file is read in any order", path);
	f->size = st.st_size;
	return 0;
}

/* Nothing to salvage: the name is wrong, the machine fails, or it never was an event file. */
static bool is_final(const struct ev_file *f, const struct err *e)
{
	struct disk_preamble p = { 0 };

	if (e->exit != ERR_INPUT || f->size == 0)
		return true;
	if (disk_read(f->fd, &p, sizeof(p), 0) == 0 && DISK_SOUND(&p))
		return p.version != DISK_VERSION;
	return is_trace_dat(p.magic);
}

static void keep_blocks(struct ev_file *f)
{
	uint64_t records[EV_NR_CLASSES] = { 0 };

	for (size_t i = 0; i < f->index.nr; i++)
		records[f->index.blocks[i].entry.cls] += f->index.blocks[i].entry.count;
	for (unsigned int cls = 0; cls < EV_NR_CLASSES; cls++)
		f->keeps[cls] = records[cls] * sizeof(struct ev) <= EV_KEEP_BYTES;
	f->kept = xcalloc(f->index.nr, sizeof(struct ev *));
}

int ev_open(const char *path, unsigned int flags, struct ev_file **out, struct err *e)
{
	struct ev_file *f = xcalloc(1, sizeof(*f));
	struct err mine = { 0 };
	int ret = open_file(f, path, &mine);

	if (!ret) {
		ret = open_whole(f, &mine);
		if ((flags & EV_SALVAGE) && (!ret || !is_final(f, &mine)))
			ret = file_salvage(f, ret == 0, &mine);
	}
	if (ret) {
		if (e)
			*e = mine;
		ev_close(f);
		return ret;
	}
	if (flags & EV_KEEP)
		keep_blocks(f);
	*out = f;
	return 0;
}

void ev_close(struct ev_file *f)
{
	if (!f)
		return;
	while (f->pool) {
		struct file_scratch *s = f->pool;

		f->pool = s->next;
		block_scratch_free(s->block);
		free(s);
	}
	for (size_t i = 0; f->kept && i < f->index.nr; i++)
		free(f->kept[i]);
	free(f->kept);
	if (f->fd >= 0)
		close(f->fd);
	pthread_mutex_destroy(&f->lock);
	index_fini(&f->index);
	ev_meta_fini(&f->meta);
	free(f->path);
	free(f);
}

const struct ev_meta *ev_meta(const struct ev_file *f)
{
	return &f->meta;
}

const char *ev_path(const struct ev_file *f)
{
	return f->path;
}

uint64_t ev_task_count(const struct ev_file *f, uint32_t task, enum ev_class cls)
{
	return index_count(&f->index, task, cls);
}

uint64_t ev_task_end(const struct ev_file *f, uint32_t task, enum ev_class cls)
{
	return index_end(&f->index, task, cls);
}

uint64_t ev_skipped_blocks(const struct ev_file *f)
{
	return f->skipped;
}

struct file_scratch *file_scratch_get(struct ev_file *f)
{
	struct file_scratch *s;

	pthread_mutex_lock(&f->lock);
	s = f->pool;
	if (s)
		f->pool = s->next;
	pthread_mutex_unlock(&f->lock);
	if (!s) {
		s = xcalloc(1, sizeof(*s));
		s->block = block_scratch_new();
	}
	return s;
}

void file_scratch_put(struct ev_file *f, struct file_scratch *s)
{
	pthread_mutex_lock(&f->lock);
	s->next = f->pool;
	f->pool = s;
	pthread_mutex_unlock(&f->lock);
}

/* The header against what the index says of the block. */
static bool head_agrees(const struct disk_block *head, const struct index_block *block)
{
	const struct disk_entry *entry = &block->entry;

	return head->task == entry->task && head->cls == entry->cls && head->count == entry->count &&
	       head->stored_bytes == entry->stored_bytes && head->first_ns == entry->first_ns &&
	       head->last_ns == entry->last_ns && head->number == block->number &&
	       head->first_record == block->first_record;
}

static int unpack_from(struct ev_file *f, struct block_scratch *s, const struct index_block *block,
		       struct ev *out, const char **wrong)
{
	size_t bytes = sizeof(struct disk_block) + block->entry.stored_bytes;
	struct disk_block head;
	int ret = disk_read(f->fd, &head, sizeof(head), block->entry.offset);

	if (!ret)
		ret = disk_read(f->fd, block_stored(s, bytes), block->entry.stored_bytes,
				block->entry.offset + sizeof(head));
	if (ret) {
		*wrong = "file ends within it";
		return ret;
	}
	*wrong = block_check_head(&head);
	if (!*wrong && !head_agrees(&head, block))
		*wrong = "header and index do not agree";
	if (!*wrong)
		*wrong = block_unpack(s, &head, f->any_vm ? EV_NO_VM : f->meta.nr_vms, out);
	return *wrong ? 1 : 0;
}

int file_load_block(struct ev_file *f, const struct index_block *block, struct ev *out, const char **wrong)
{
	struct file_scratch *s = file_scratch_get(f);
	int ret = unpack_from(f, s->block, block, out, wrong);

	file_scratch_put(f, s);
	return ret;
}

int file_keep_block(struct ev_file *f, uint32_t at, const struct ev **out, const char **wrong)
{
	const struct index_block *block = &f->index.blocks[at];
	struct ev *records = __atomic_load_n(&f->kept[at], __ATOMIC_ACQUIRE), *before = NULL;
	int ret;

	if (!records) {
		records = xmalloc(block->entry.count * sizeof(*records));
		ret = file_load_block(f, block, records, wrong);
		if (ret) {
			free(records);
			return ret;
		}
		if (!__atomic_compare_exchange_n(&f->kept[at], &before, records, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE)) {
			free(records);	/* another thread was faster */
			records = before;
		}
	}
	*out = records;
	return 0;
}

int file_block_error(const struct ev_file *f, const struct index_block *block, const char *wrong,
		     struct err *e)
{
	return err_set(e, ERR_INPUT, "%s: block %u (task %u, %s): %s; `mmulab text --salvage` prints the rest", f->path,
		       block->number, block->entry.task,
		       block->entry.cls == EV_STIMULUS ? "stimuli" : "observations", wrong);
}
