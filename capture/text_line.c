// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A line of a printed trace.  A comm may hold anything, blanks and brackets
 * too: what follows "-TID" decides where it ends, and the first place where all of it
 * fits is taken.
 */
#include "capture/text_line.h"

#include <string.h>

#define TID_MAX		(4u << 20)		/* PID_MAX_LIMIT of 64-bit kernels */
#define SECONDS_MAX	9000000000ULL
#define COMM_ROOM	96			/* how far into the line a tid may begin */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '.';
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* NULL when there is no digit, or too many. */
static const char *number(const char *p, const char *end, uint64_t *out)
{
	const char *begin = p;
	uint64_t v = 0;

	for (; p < end && is_digit(*p); p++)
		v = 10 * v + (*p - '0');
	*out = v;
	return p > begin && p - begin < 19 ? p : NULL;
}

/* --- the time ---------------------------------------------------------------------------- */

static const char *fraction(const char *p, const char *end, struct text_line *l)
{
	uint64_t ns = 0;
	int digits = 0;

	for (; p < end && is_digit(*p) && digits < 9; p++, digits++)
		ns = 10 * ns + (*p - '0');
	for (int i = digits; i < 9; i++)
		ns *= 10;
	if (!digits || l->ts > SECONDS_MAX)
		return NULL;
	l->ts = l->ts * NSEC_PER_SEC + ns;
	l->clock = TEXT_SECONDS;
	return p;
}

/* "53.171055:", "1234:", "12us+:", and what --ts-diff puts behind it. */
static const char *parse_time(const char *p, const char *end, struct text_line *l)
{
	p = number(skip_blanks(p, end), end, &l->ts);
	if (!p || p == end)
		return NULL;
	l->clock = TEXT_TICKS;
	if (*p == '.') {
		p = fraction(p + 1, end, l);
	} else if (end - p > 2 && p[0] == 'u' && p[1] == 's') {
		if (l->ts > SECONDS_MAX * 1000)
			return NULL;
		l->ts *= 1000;
		l->clock = TEXT_MICROS;
		p += 2;
		if (p < end && strchr("+!#*@$", *p))
			p++;
		p = skip_blanks(p, end);
	}
	if (!p || p == end || *p++ != ':')
		return NULL;
	p = skip_blanks(p, end);
	if (end - p > 3 && p[0] == '(' && p[1] == '+') {
		const char *close = memchr(p, ')', end - p);

		p = close ? skip_blanks(close + 1, end) : p;
	}
	return p;
}

/* --- from the tid to the time -------------------------------------------------------------- */

/* irqs-off, need-resched, context, depth: letters and dots, then blanks.  Left as it is when there is none. */
static const char *skip_flags(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && !is_blank(*q) && q - p < 12)
		q++;
	return q < end && is_blank(*q) && q > p && !is_digit(*p) ? q : p;
}

static const char *skip_tgid(const char *p, const char *end)
{
	const char *q = p;

	if (q == end || *q != '(')
		return p;
	while (++q < end && (is_digit(*q) || *q == ' ' || *q == '-'))
		;
	return q < end && *q == ')' ? skip_blanks(q + 1, end) : NULL;
}

/* What follows the tid, to the time and its colon. */
static const char *parse_place(const char *p, const char *end, struct text_line *l)
{
	uint64_t cpu;

	p = skip_tgid(skip_blanks(p, end), end);
	if (!p || p == end)
		return NULL;
	if (*p == '[') {
		p = number(p + 1, end, &cpu);
		if (!p || p == end || *p++ != ']')
			return NULL;
		p = skip_flags(skip_blanks(p, end), end);
	} else {			/* latency format: the flags follow the CPU's number at once */
		const char *flags = number(p, end, &cpu);

		if (!flags)
			return NULL;
		p = skip_flags(flags, end);
		if (p - flags < 3)
			return NULL;
	}
	if (cpu >= TEXT_CPUS)
		return NULL;
	l->cpu = cpu;
	return parse_time(p, end, l);
}

/* --- the event ---------------------------------------------------------------------------------- */

static bool take(struct text_line *l, const char *event, size_t event_len, const char *body, const char *end)
{
	body = skip_blanks(body, end);
	while (end > body && is_blank(end[-1]))
		end--;
	l->event = event;
	l->event_len = event_len;
	l->body = body;
	l->body_len = end - body;
	return event_len > 0;
}

/* An event's name that the line does not have as such. */
static bool take_as(struct text_line *l, const char *prefix, const char *rest, size_t len, const char *body,
		    const char *end)
{
	size_t n = strlen(prefix);

	if (n + len > sizeof(l->name))
		return false;
	memcpy(l->name, prefix, n);
	memcpy(l->name + n, rest, len);
	return take(l, l->name, n + len, body, end);
}

static bool begins(const char *p, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - p) >= n && !memcmp(p, with, n);
}

/* tracefs prints a few without their names: markers, system calls, functions, stacks. */
static bool parse_unnamed(const char *p, const char *q, const char *end, struct text_line *l)
{
	if (begins(p, end, "<stack trace"))
		return take_as(l, "kernel_stack", "", 0, p, end);
	if (begins(p, end, "<user stack trace"))
		return take_as(l, "user_stack", "", 0, p, end);
	if (q > p && begins(q, end, " <-"))
		return take_as(l, "function", "", 0, p, end);
	if (q - p > 4 && begins(p, q, "sys_") && q < end && *q == '(')
		return take_as(l, "sys_enter_", p + 4, q - p - 4, q, end);
	if (q - p > 4 && begins(p, q, "sys_") && begins(q, end, " -> "))
		return take_as(l, "sys_exit_", p + 4, q - p - 4, q + 4, end);
	return false;
}

static const char *skip_name(const char *p, const char *end)
{
	while (p < end && is_name(*p))
		p++;
	return p;
}

static bool parse_event(const char *p, const char *end, struct text_line *l)
{
	const char *q = skip_name(p, end);

	if (q > p && end - q > 1 && *q == ':' && is_name(q[1])) {	/* perf: the system before the name */
		const char *name = q + 1, *name_end = skip_name(name, end);

		if (name_end < end && *name_end == ':') {
			p = name;
			q = name_end;
		}
	}
	if (q == p || q == end || *q != ':' || (q + 1 < end && !is_blank(q[1])))
		return parse_unnamed(p, q, end, l);
	if (begins(p, q, "tracing_mark_write") || begins(p, q, "0xffff"))
		return take_as(l, "print", "", 0, q + 1, end);
	return take(l, p, q - p, q + 1, end);
}

/* --- before the comm --------------------------------------------------------------------------------- */

/* "[   12.345678] ", "[   12.345678][ T123] " and "<4>" of the kernel's log. */
static const char *skip_log(const char *p, const char *end)
{
	const char *q = p;

	if (end - q > 3 && q[0] == '<' && is_digit(q[1]) && q[2] == '>')
		q += 3;
	for (int i = 0; i < 2 && q < end && *q == '['; i++) {
		const char *close = memchr(q, ']', end - q < 32 ? end - q : 32);

		for (const char *c = q + 1; close && c < close; c++)
			if (!is_digit(*c) && !strchr(" .TC", *c))
				return p;
		if (!close)
			return p;
		q = close + 1;
	}
	return q;
}

/* Also the blanks before a comm, and the name of a buffer or a guest before those. */
static const char *skip_prefix(const char *p, const char *comm_end)
{
	for (const char *c = comm_end; c-- > p + 1;)
		if (is_blank(*c) && c[-1] == ':')
			p = c;
	return skip_blanks(p, comm_end);
}

static const char *skip_quotes(const char *p, const char *end)
{
	const char *q;

	do {
		q = p;
		while (p < end && (is_blank(*p) || *p == '>' || *p == '|'))
			p++;
		p = skip_log(p, end);
	} while (p != q);
	return p;
}

/* --- lines that are no event ------------------------------------------------------------------------------ */

/* tracefs: "CPU:1 [LOST 12 EVENTS]", trace-cmd: "CPU:1 [12 EVENTS DROPPED]"; the number may be missing. */
static bool parse_lost(const char *p, const char *end, struct text_line *l)
{
	uint64_t cpu;

	if (!begins(p, end, "CPU:"))
		return false;
	p = number(p + 4, end, &cpu);
	if (!p || cpu >= TEXT_CPUS)
		return false;
	p = skip_blanks(p, end);
	if (p == end || *p++ != '[')
		return false;
	l->cpu = cpu;
	l->lost = 0;
	if (begins(p, end, "LOST "))
		return number(p + 5, end, &l->lost) || begins(p, end, "LOST EVENTS]");
	if (begins(p, end, "EVENTS DROPPED]"))
		return true;
	p = number(p, end, &l->lost);
	return p && begins(p, end, " EVENTS DROPPED]");
}

static bool is_quiet(const char *p, const char *end)
{
	uint64_t n;

	if (p == end || *p == '#' || begins(p, end, "cpus=") || begins(p, end, "version = ") || begins(p, end, "=> "))
		return true;
	if (!begins(p, end, "CPU "))
		return false;
	p = number(p + 4, end, &n);
	return p && begins(p, end, " is empty");
}

/* --- perf script ------------------------------------------------------------------------------------------ */

/* A callchain's line: "ffffffff810a1b2c handle_mm_fault+0x1c ([kernel.kallsyms])". */
static bool is_frame(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && (is_digit(*q) || (*q >= 'a' && *q <= 'f')))
		q++;
	return q - p >= 5 && q - p <= 16 && q < end && *q == ' ' && end[-1] == ')';
}

static const char *digits_before(const char *p, const char *begin)
{
	while (p > begin && is_digit(p[-1]))
		p--;
	return p;
}

/* "COMM TID" or "COMM PID/TID" and blanks end at @end.  Return: where comm ends; NULL when it is no such thing. */
static const char *parse_comm_tid(const char *begin, const char *end, struct text_line *l)
{
	const char *tid, *p;
	uint64_t n;

	while (end > begin && is_blank(end[-1]))
		end--;
	p = tid = digits_before(end, begin);
	if (tid == end || !number(tid, end, &n) || n > TID_MAX)
		return NULL;
	if (p > begin && p[-1] == '/')
		p = digits_before(p - 1, begin);
	if (p == begin || !is_blank(p[-1]))
		return NULL;
	while (p > begin && is_blank(p[-1]))
		p--;
	l->tid = n;
	return p > begin ? p : NULL;
}

static bool parse_perf_line(const char *begin, const char *limit, const char *end, struct text_line *l,
			    enum text_kind *kind)
{
	const char *open = begin;

	for (; (open = memchr(open, '[', limit - open)); open++) {
		const char *comm_end = parse_comm_tid(begin, open, l);
		const char *p = comm_end ? parse_place(open, end, l) : NULL;
		const char *name;
		uint64_t period;

		if (!p)
			continue;
		name = number(p, end, &period);
		if (name && name < end && is_blank(*name))
			p = skip_blanks(name, end);
		l->comm = begin;
		l->comm_len = comm_end - begin;
		*kind = parse_event(p, end, l) ? TEXT_EVENT : TEXT_HEAD;
		return true;
	}
	return false;
}

const char *text_line_begin(const char *line, size_t len)
{
	return skip_quotes(line, line + len);
}

enum text_kind text_line_parse(const char *line, size_t len, struct text_line *l)
{
	const char *end = line + len, *begin = skip_quotes(line, end);
	const char *limit = end - begin > COMM_ROOM ? begin + COMM_ROOM : end;
	const char *dash = begin;
	enum text_kind kind;

	while ((dash = memchr(dash, '-', limit - dash))) {
		uint64_t tid;
		const char *p = number(dash + 1, end, &tid);

		if (p && p < end && (is_blank(*p) || *p == '(') && tid <= TID_MAX) {
			p = parse_place(p, end, l);
			if (p) {
				l->comm = skip_prefix(begin, dash);
				l->comm_len = dash - l->comm;
				l->tid = tid;
				return parse_event(p, end, l) ? TEXT_EVENT : TEXT_HEAD;
			}
		}
		dash++;
	}
	if (begin == end || is_quiet(begin, end) || is_frame(begin, end))
		return TEXT_QUIET;
	if (parse_perf_line(begin, limit, end, l, &kind))
		return kind;
	return parse_lost(begin, end, l) ? TEXT_LOST : TEXT_OTHER;
}
