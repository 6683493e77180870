// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines out of a buffer that is refilled when no newline is left in it. */
#include "capture/text_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/mapping.h"

#define BUFFER		(256u << 10)

struct text_input {
	char	*name;
	int	 fd;			/* -1: memory, and @buf is it */
	char	*buf;
	size_t	 from, to;		/* what of it is not handed out yet */
	size_t	 all;			/* memory: its length */
	uint64_t bytes;
	bool	 started, eof;
	bool	 mail_encoded;		/* quoted-printable */
	char	*decoded;		/* [TEXT_LINE_MAX], when it is */
	struct text_raw_line line;
	bool	 again;
	bool	 in_long;		/* the last line has not ended yet */
};

int text_input_open(const char *path, struct text_input **out, struct err *e)
{
	struct text_input *in;
	int fd, ret;

	ret = mapping_check(path, e);
	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, path, "open");
	in = xcalloc(1, sizeof(*in));
	in->name = xstrdup(path);
	in->fd = fd;
	in->buf = xmalloc(BUFFER);
	*out = in;
	return 0;
}

int text_input_memory(const void *bytes, size_t len, const char *name, struct text_input **out)
{
	struct text_input *in = xcalloc(1, sizeof(*in));

	in->name = xstrdup(name);
	in->fd = -1;
	in->buf = (char *)bytes;	/* never written to: decoding has a place of its own */
	in->to = in->all = len;
	in->eof = true;
	*out = in;
	return 0;
}

void text_input_close(struct text_input *in)
{
	if (!in)
		return;
	if (in->fd >= 0) {
		close(in->fd);
		free(in->buf);
	}
	free(in->decoded);
	free(in->name);
	free(in);
}

int text_input_rewind(struct text_input *in, struct err *e)
{
	in->from = 0;
	in->bytes = 0;
	in->again = in->started = in->mail_encoded = in->in_long = false;
	if (in->fd < 0) {
		in->to = in->all;
		return 0;
	}
	in->to = 0;
	in->eof = false;
	if (lseek(in->fd, 0, SEEK_SET))
		return err_sys(e, errno, in->name, "rewind");
	return 0;
}

/* More bytes behind what is there.  Return: 0 also at the end. */
static int fill(struct text_input *in, struct err *e)
{
	ssize_t got;

	memmove(in->buf, in->buf + in->from, in->to - in->from);
	in->to -= in->from;
	in->from = 0;
	do {
		got = read(in->fd, in->buf + in->to, BUFFER - in->to);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, errno, in->name, "read");
	in->to += got;
	in->eof = !got;
	return 0;
}

/* Steps over what is left of a line that is too long. */
static int skip_rest(struct text_input *in, struct err *e)
{
	for (;;) {
		char *newline = memchr(in->buf + in->from, '\n', in->to - in->from);
		size_t n = (newline ? (size_t)(newline - in->buf) + 1 : in->to) - in->from;
		int ret;

		in->from += n;
		in->bytes += n;
		if (newline || in->eof)
			return 0;
		ret = fill(in, e);
		if (ret)
			return ret;
	}
}

/* One line as it is in the file. */
static int next_raw(struct text_input *in, struct text_raw_line *l, struct err *e)
{
	size_t searched = 0;
	char *newline;

	if (unlikely(in->in_long) && skip_rest(in, e))
		return -ERR_INPUT;
	in->in_long = false;
	for (;;) {
		newline = memchr(in->buf + in->from + searched, '\n', in->to - in->from - searched);
		searched = in->to - in->from;
		if (newline || in->eof || searched > TEXT_LINE_MAX)
			break;
		if (fill(in, e))
			return -ERR_INPUT;
	}
	if (!newline && !searched)
		return 0;
	*l = (struct text_raw_line){ .p = in->buf + in->from };
	l->len = newline ? (size_t)(newline - l->p) : searched;
	l->no_end = !newline && in->eof;
	in->from += l->len + !!newline;
	in->bytes += l->len + !!newline;
	if (l->len > TEXT_LINE_MAX) {
		l->len = TEXT_LINE_MAX;
		l->too_long = true;
		in->in_long = !newline && !in->eof;
	}
	if (l->len && l->p[l->len - 1] == '\r')
		l->len--;
	if (!in->started && l->len >= 3 && !memcmp(l->p, "\xef\xbb\xbf", 3)) {
		l->p += 3;
		l->len -= 3;
	}
	in->started = true;
	return 1;
}

/* --- quoted-printable, RFC 2045 6.7 ------------------------------------------------------------ */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends the decoded line to @out.  Return: whether the line goes on in the next. */
static bool decode(const struct text_raw_line *l, char *out, size_t *len)
{
	for (size_t i = 0; i < l->len && *len < TEXT_LINE_MAX; i++) {
		int high, low;

		if (l->p[i] != '=') {
			out[(*len)++] = l->p[i];
			continue;
		}
		if (i + 1 == l->len)
			return true;
		high = hex(l->p[i + 1]);
		low = i + 2 < l->len ? hex(l->p[i + 2]) : -1;
		if (high < 0 || low < 0) {
			out[(*len)++] = '=';
		} else {
			out[(*len)++] = 16 * high + low;
			i += 2;
		}
	}
	return false;
}

static int next_decoded(struct text_input *in, struct text_raw_line *l, struct err *e)
{
	struct text_raw_line part;
	size_t len = 0;
	int ret = next_raw(in, &part, e);
	bool more = ret > 0 && decode(&part, in->decoded, &len);

	while (more && (ret = next_raw(in, &part, e)) > 0)
		more = decode(&part, in->decoded, &len);
	if (ret < 0 || (!ret && !len))
		return ret;
	*l = (struct text_raw_line){ .p = in->decoded, .len = len, .too_long = len == TEXT_LINE_MAX,
				     .no_end = more || part.no_end };
	return 1;
}

static void note_encoding(struct text_input *in, const struct text_raw_line *l)
{
	static const char header[] = "Content-Transfer-Encoding:";
	static const char value[] = "quoted-printable";
	size_t at = sizeof(header) - 1;

	if (l->len <= at || strncasecmp(l->p, header, at))
		return;
	while (at < l->len && l->p[at] == ' ')
		at++;
	in->mail_encoded = l->len - at == sizeof(value) - 1 && !strncasecmp(l->p + at, value, sizeof(value) - 1);
	if (in->mail_encoded && !in->decoded)
		in->decoded = xmalloc(TEXT_LINE_MAX);
}

/* --- lines ----------------------------------------------------------------------------------------- */

int text_input_next(struct text_input *in, struct text_raw_line *line, struct err *e)
{
	int ret = 1;

	if (!in->again)
		ret = in->mail_encoded ? next_decoded(in, &in->line, e) : next_raw(in, &in->line, e);
	in->again = false;
	if (ret <= 0)
		return ret;
	*line = in->line;
	if (unlikely(line->len && (line->p[0] | 0x20) == 'c'))
		note_encoding(in, line);
	return 1;
}

void text_input_unread(struct text_input *in)
{
	in->again = true;
}

uint64_t text_input_bytes(const struct text_input *in)
{
	return in->bytes;
}

const char *text_input_name(const struct text_input *in)
{
	return in->name;
}
