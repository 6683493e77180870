/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives a headless Chromium over the DevTools protocol, on a pipe:
 *
 *	browser CHROMIUM PROFILE-FOLDER <SCRIPT
 *
 * One command per line; lines that begin with '#' are not for us.
 *	open ADDRESS		a new document, until it has loaded
 *	do EXPRESSION		for what it does
 *	get NAME EXPRESSION	prints NAME=VALUE
 *	wait EXPRESSION		until it is true; 10 s at most
 *	key NAME		Tab, Enter, Space, ArrowDown or a single character
 *	size WIDTH HEIGHT	of the window
 *	colours light|dark	what the system prefers
 *	shot FILE.png		the whole page
 *
 * Exit status: 0; 1 when a page wrote an error to its console, threw, or asked for anything
 * but files (each is said on stderr, as is a command that fails); 77 when there is no Chromium to talk to.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000

struct browser {
	pid_t	 pid;
	int	 to, from;
	char	*buf;			/* what came and is not read yet */
	size_t	 len, cap;
	int	 last_id;
	char	*session;
	bool	 loaded;		/* the document that was asked for */
	int	 bad;
};

static void die(struct browser *b, const char *what)
{
	fprintf(stderr, "browser: %s\n", what);
	if (b->pid > 0)
		kill(b->pid, SIGKILL);
	exit(b->session ? 1 : 77);
}

/* --- the pipe ------------------------------------------------------------------- */

static void start(struct browser *b, const char *chromium, const char *profile)
{
	int down[2], up[2];
	char folder[4096];

	snprintf(folder, sizeof(folder), "--user-data-dir=%s", profile);
	if (pipe(down) || pipe(up))
		die(b, "no pipe");
	b->pid = fork();
	if (b->pid == 0) {
		int quiet = open("/dev/null", O_RDWR);
		/* Out of the way of 3 and 4, by which Chromium knows its ends. */
		int in = fcntl(down[0], F_DUPFD, 10), out = fcntl(up[1], F_DUPFD, 10);

		dup2(in, 3);
		dup2(out, 4);
		dup2(quiet, 0);
		dup2(quiet, 1);
		dup2(quiet, 2);
		execlp(chromium, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
		       "--no-first-run", "--disable-background-networking", "--disable-component-update",
		       "--disable-dev-shm-usage", "--hide-scrollbars", folder, "about:blank", (char *)NULL);
		_exit(127);
	}
	close(down[0]);
	close(up[1]);
	b->to = down[1];
	b->from = up[0];
}

static void put(struct browser *b, json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);
	size_t left = strlen(text) + 1;		/* a NUL ends a message */

	for (const char *at = text; left;) {
		ssize_t n = write(b->to, at, left);

		if (n < 0)
			die(b, "Chromium went away");
		at += n;
		left -= (size_t)n;
	}
	free(text);
	json_decref(message);
}

/* The next message, NULL when none comes in time. */
static json_t *get(struct browser *b, int patience_ms)
{
	for (;;) {
		char *end = b->len ? memchr(b->buf, 0, b->len) : NULL;
		struct pollfd p = { b->from, POLLIN, 0 };
		ssize_t n;

		if (end) {
			json_t *message = json_loads(b->buf, JSON_ALLOW_NUL, NULL);

			b->len -= (size_t)(end + 1 - b->buf);
			memmove(b->buf, end + 1, b->len);
			return message;
		}
		if (poll(&p, 1, patience_ms) <= 0)
			return NULL;
		if (b->cap - b->len < 65536) {
			b->cap = 2 * b->cap + 65536;
			b->buf = realloc(b->buf, b->cap);
		}
		n = read(b->from, b->buf + b->len, b->cap - b->len);
		if (n <= 0)
			die(b, "Chromium went away");
		b->len += (size_t)n;
	}
}

/* --- what pages do wrong ------------------------------------------------------------ */

static const char *text_at(json_t *o, const char *a, const char *b, const char *c)
{
	o = a ? json_object_get(o, a) : o;
	o = b ? json_object_get(o, b) : o;
	return json_string_value(json_object_get(o, c));
}

static void complain(struct browser *b, const char *kind, const char *what)
{
	fprintf(stderr, "%s: %s\n", kind, what ? what : "?");
	b->bad = 1;
}

static bool is_local(const char *url)
{
	return !strncmp(url, "file:", 5) || !strncmp(url, "data:", 5) || !strncmp(url, "about:", 6);
}

static void notice(struct browser *b, json_t *message)
{
	const char *method = json_string_value(json_object_get(message, "method"));
	json_t *p = json_object_get(message, "params");

	if (!method)
		return;
	if (!strcmp(method, "Page.loadEventFired")) {
		b->loaded = true;
	} else if (!strcmp(method, "Runtime.exceptionThrown")) {
		const char *about = text_at(p, "exceptionDetails", "exception", "description");

		complain(b, "exception", about ? about : text_at(p, "exceptionDetails", NULL, "text"));
	} else if (!strcmp(method, "Runtime.consoleAPICalled")) {
		const char *type = text_at(p, NULL, NULL, "type");

		if (type && (!strcmp(type, "error") || !strcmp(type, "warning") || !strcmp(type, "assert")))
			complain(b, "console", text_at(json_array_get(json_object_get(p, "args"), 0), NULL, NULL, "value"));
	} else if (!strcmp(method, "Log.entryAdded")) {
		const char *level = text_at(p, "entry", NULL, "level");

		if (level && (!strcmp(level, "error") || !strcmp(level, "warning")))
			complain(b, "console", text_at(p, "entry", NULL, "text"));
	} else if (!strcmp(method, "Network.requestWillBeSent")) {
		const char *url = text_at(p, "request", NULL, "url");

		if (url && !is_local(url))
			complain(b, "network", url);
	}
}

/* --- calls ---------------------------------------------------------------------------- */

/* Takes @params over.  Return: the result, NULL when it was an error, which is said. */
static json_t *call(struct browser *b, const char *method, json_t *params)
{
	int id = ++b->last_id;
	json_t *m = json_pack("{s:i, s:s, s:o}", "id", id, "method", method, "params", params ? params : json_object());

	if (b->session)
		json_object_set_new(m, "sessionId", json_string(b->session));
	put(b, m);
	for (;;) {
		json_t *got = get(b, PATIENCE_MS), *result = NULL;

		if (!got)
			die(b, "no answer");
		if (json_integer_value(json_object_get(got, "id")) == id) {
			result = json_incref(json_object_get(got, "result"));
			if (!result)
				complain(b, method, text_at(got, "error", NULL, "message"));
			json_decref(got);
			return result;
		}
		notice(b, got);
		json_decref(got);
	}
}

static void order(struct browser *b, const char *method, json_t *params)
{
	json_decref(call(b, method, params));
}

static void attach(struct browser *b)
{
	json_t *made = call(b, "Target.createTarget", json_pack("{s:s}", "url", "about:blank"));
	json_t *session = call(b, "Target.attachToTarget", json_pack("{s:s, s:b}", "targetId",
			       made ? json_string_value(json_object_get(made, "targetId")) : "", "flatten", 1));

	if (!session)
		die(b, "no page");
	b->session = strdup(json_string_value(json_object_get(session, "sessionId")));
	json_decref(made);
	json_decref(session);
	order(b, "Page.enable", NULL);
	order(b, "Runtime.enable", NULL);
	order(b, "Log.enable", NULL);
	order(b, "Network.enable", NULL);
}

/* What @expression gives; NULL when it throws, which is said where it @matters. */
static json_t *evaluate(struct browser *b, const char *expression, bool matters)
{
	json_t *r = call(b, "Runtime.evaluate", json_pack("{s:s, s:b, s:b, s:b}", "expression", expression,
			 "returnByValue", 1, "awaitPromise", 1, "userGesture", 1));
	json_t *value = NULL;

	if (r && !json_object_get(r, "exceptionDetails"))
		value = json_incref(json_object_get(json_object_get(r, "result"), "value"));
	else if (r && matters)
		complain(b, expression, text_at(r, "exceptionDetails", "exception", "description"));
	json_decref(r);
	return value;
}

static void open_page(struct browser *b, const char *url)
{
	/* From another document: what differs in its fragment alone would not be loaded anew. */
	order(b, "Page.navigate", json_pack("{s:s}", "url", "about:blank"));
	b->loaded = false;
	order(b, "Page.navigate", json_pack("{s:s}", "url", url));
	while (!b->loaded) {
		json_t *got = get(b, PATIENCE_MS);

		if (!got) {
			complain(b, "not loaded", url);
			return;
		}
		notice(b, got);
		json_decref(got);
	}
}

static void print_value(struct browser *b, char *rest)
{
	char *expression = strchr(rest, ' ');
	json_t *value;
	char *text;

	if (!expression) {
		complain(b, "get", rest);
		return;
	}
	*expression++ = '\0';
	value = evaluate(b, expression, true);
	text = value && !json_is_string(value) ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	printf("%s=%s\n", rest, text ? text : json_is_string(value) ? json_string_value(value) : "undefined");
	free(text);
	json_decref(value);
}

static void wait_for(struct browser *b, const char *expression)
{
	for (int i = 0; i < 200; i++) {
		json_t *value = evaluate(b, expression, false);
		bool good = json_is_true(value);

		json_decref(value);
		if (good)
			return;
		usleep(50000);
	}
	complain(b, "waited in vain", expression);
}

static void press(struct browser *b, const char *name)
{
	static const struct {
		const char *name, *key, *text;
		int code;
	} keys[] = {
		{ "Tab", "Tab", "", 9 }, { "Enter", "Enter", "\r", 13 }, { "Space", " ", " ", 32 },
		{ "ArrowDown", "ArrowDown", "", 40 },
	};
	const char *key = name, *text = name;
	int code = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!strcmp(name, keys[i].name)) {
			key = keys[i].key;
			text = keys[i].text;
			code = keys[i].code;
		}
	}
	order(b, "Input.dispatchKeyEvent", json_pack("{s:s, s:s, s:s, s:s, s:i}", "type", *text ? "keyDown" : "rawKeyDown",
	      "key", key, "code", key, "text", text, "windowsVirtualKeyCode", code));
	order(b, "Input.dispatchKeyEvent", json_pack("{s:s, s:s, s:s, s:i}", "type", "keyUp", "key", key, "code", key,
	      "windowsVirtualKeyCode", code));
}

static unsigned int digit64(char c)
{
	const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", *at = strchr(digits, c);

	return c && at ? (unsigned int)(at - digits) : 0;
}

static void shot(struct browser *b, const char *path)
{
	json_t *r = call(b, "Page.captureScreenshot", json_pack("{s:s, s:b}", "format", "png", "captureBeyondViewport", 1));
	const char *data = r ? json_string_value(json_object_get(r, "data")) : "";
	FILE *f = fopen(path, "we");

	for (; f && data && data[0] && data[1] && data[2] && data[3]; data += 4) {
		unsigned int v = digit64(data[0]) << 18 | digit64(data[1]) << 12 | digit64(data[2]) << 6 |
				 digit64(data[3]);

		fputc((int)(v >> 16), f);
		if (data[2] != '=')
			fputc((int)(v >> 8 & 255), f);
		if (data[3] != '=')
			fputc((int)(v & 255), f);
	}
	if (!f || fclose(f))
		complain(b, "not written", path);
	json_decref(r);
}

static void resize(struct browser *b, const char *rest)
{
	int width = 0, height = 0;

	if (sscanf(rest, "%d %d", &width, &height) != 2)
		complain(b, "size", rest);
	order(b, "Emulation.setDeviceMetricsOverride", json_pack("{s:i, s:i, s:i, s:b}", "width", width, "height", height,
	      "deviceScaleFactor", 1, "mobile", 0));
}

static void do_line(struct browser *b, char *line)
{
	char *rest = strchr(line, ' ');

	if (!*line || *line == '#')
		return;
	if (rest)
		*rest++ = '\0';
	else
		rest = line + strlen(line);
	if (!strcmp(line, "open"))
		open_page(b, rest);
	else if (!strcmp(line, "do"))
		json_decref(evaluate(b, rest, true));
	else if (!strcmp(line, "get"))
		print_value(b, rest);
	else if (!strcmp(line, "wait"))
		wait_for(b, rest);
	else if (!strcmp(line, "key"))
		press(b, rest);
	else if (!strcmp(line, "size"))
		resize(b, rest);
	else if (!strcmp(line, "shot"))
		shot(b, rest);
	else if (!strcmp(line, "colours"))
		order(b, "Emulation.setEmulatedMedia", json_pack("{s:[{s:s, s:s}]}", "features", "name", "prefers-color-scheme",
		      "value", rest));
	else
		complain(b, "no such command", line);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct browser b = { .buf = NULL };
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	if (argc != 3)
		die(&b, "usage: browser CHROMIUM PROFILE-FOLDER <SCRIPT");
	signal(SIGPIPE, SIG_IGN);
	start(&b, argv[1], argv[2]);
	attach(&b);
	while ((len = getline(&line, &cap, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		do_line(&b, line);
	}
	free(b.session);
	b.session = NULL;
	order(&b, "Browser.close", NULL);
	waitpid(b.pid, NULL, 0);
	free(b.buf);
	free(line);
	return b.bad;
}
