/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings for scripts. */
#include "analysis/jstext.h"

#include "base/types.h"

/* Bytes of the UTF-8 character at @s (RFC 3629, section 4), 0 when there is none. */
static unsigned int utf8_len(const unsigned char *s)
{
	unsigned int len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	for (unsigned int i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '&' && c != 0x7f;
}

void jstext(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc_unlocked('"', out);
	while (*s) {
		unsigned int len = utf8_len(s);

		if (!len)
			fputs("\\ufffd", out);
		else if (len == 1 && !is_plain(*s))
			fprintf(out, "\\u%04x", *s);
		else
			for (unsigned int i = 0; i < len; i++)
				putc_unlocked(s[i], out);
		s += len ? len : 1;
	}
	putc_unlocked('"', out);
}
