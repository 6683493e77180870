// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/host.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "base/alloc.h"

char *host_file(const char *path, size_t *len)
{
	gzFile f = gzopen(path, "rbe");
	size_t n = 0, cap = 0;
	char *text = NULL;
	int got;

	if (!f)
		return NULL;
	do {
		if (cap - n < 4096)
			text = xrealloc(text, cap = 2 * cap + 8192);
		errno = 0;
		got = gzread(f, text + n, (unsigned int)(cap - n - 1));
		n += got > 0 ? got : 0;
	} while (got > 0);
	if (got < 0) {
		int errnum = errno ? errno : EIO;

		free(text);
		gzclose_r(f);
		errno = errnum;
		return NULL;
	}
	gzclose_r(f);
	text[n] = '\0';
	*len = n;
	return text;
}

char *host_text(const char *path)
{
	size_t len;

	return host_file(path, &len);
}

char *host_uname(void)
{
	struct utsname u;

	uname(&u);
	return xasprintf("%s %s %s %s", u.sysname, u.nodename, u.release, u.machine);
}
