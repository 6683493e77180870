/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of an HTML page. */
#include "analysis/html.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"

const char html_style[] =
	":root { --bg: #ffffff; --fg: #1b1f24; --soft: #5b6570; --line: #d8dde3; --panel: #f5f7f9; --good: #00734f;\n"
	"  --bad: #b34700; --heat: 213, 94, 0; --link: #0060a0; }\n"
	"@media (prefers-color-scheme: dark) { :root { --bg: #14171b; --fg: #e3e7eb; --soft: #9aa5b1; --line: #333b44;\n"
	"  --panel: #1c2127; --good: #3ecf9c; --bad: #ff9552; --heat: 255, 130, 50; --link: #6cb8f0; }\n"
	"  svg [fill='black'] { fill: #e3e7eb } svg [color='black'] { color: #e3e7eb } svg [stroke='black'] { stroke: #e3e7eb }\n"
	"  svg [fill='#ffffff'] { fill: none } }\n"
	"* { box-sizing: border-box }\n"
	"body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 70rem; background: var(--bg); color: var(--fg);\n"
	"  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif }\n"
	"h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem } h2 { font-size: 1.35rem; margin: 3rem 0 .3rem;\n"
	"  padding-top: 1.2rem; border-top: 1px solid var(--line) } h3 { font-size: 1.05rem; margin: 2rem 0 .5rem }\n"
	"p, ul { margin: .5rem 0 } .soft { color: var(--soft) } a { color: var(--link) } li { margin: .2rem 0 }\n"
	"code, pre { font: .86em/1.5 ui-monospace, 'DejaVu Sans Mono', monospace } pre { background: var(--panel);\n"
	"  padding: .8rem 1rem; border-radius: 6px; overflow-x: auto; margin: .5rem 0 }\n"
	".wide { overflow-x: auto } table { border-collapse: collapse; margin: .6rem 0; font-size: .93rem;\n"
	"  font-variant-numeric: tabular-nums } th, td { padding: .28rem .75rem; text-align: right; border-bottom: 1px solid\n"
	"  var(--line); white-space: nowrap } th:first-child, td:first-child { text-align: left } thead th { vertical-align:\n"
	"  bottom; font-weight: 600 } tbody th { font-weight: 400 } tr.head th { padding-top: .9rem; font-weight: 600;\n"
	"  text-align: left } .r { color: var(--soft); font-size: .9em } .good { color: var(--good); font-weight: 600 }\n"
	".bad { color: var(--bad); font-weight: 600 } figure { margin: 1.6rem 0 } figure svg { width: 100%; height: auto;\n"
	"  display: block } figcaption { color: var(--soft); font-size: .92rem } .blames { display: flex; flex-wrap: wrap;\n"
	"  gap: 0 2.5rem } .blame td { min-width: 5.2rem } details > summary { cursor: pointer; color: var(--link) }\n"
	".answer { background: var(--panel); border-left: 4px solid var(--link); padding: .6rem 1rem; border-radius: 0 6px\n"
	"  6px 0; margin: .8rem 0 }\n"
	"@media (max-width: 40rem) { figure { overflow-x: auto } figure svg { min-width: 42rem } }\n"
	"@media print { body { max-width: none } figure { break-inside: avoid } }\n";

void html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

void html_printf(FILE *out, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		abort();	/* no memory */
	html_text(out, text);
	free(text);
}

/* Where an SVG names a part of itself. */
static size_t name_ahead(const char *at)
{
	static const char *const before[] = { " id=\"", " id='", "href='#", "href=\"#", "url(#" };

	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		if (!strncmp(at, before[i], strlen(before[i])))
			return strlen(before[i]);
	return 0;
}

/* Copies up to @end, with the parts' names made unique. */
static void put_parts(FILE *out, const char *at, const char *end, unsigned int nr)
{
	while (at < end) {
		size_t len = name_ahead(at);

		if (len)
			fprintf(out, "%.*sp%u-", (int)len, at, nr);
		else
			fputc(*at, out);
		at += len ? len : 1;
	}
}

void html_svg(FILE *out, const char *svg, const char *label, unsigned int nr)
{
	const char *box = strstr(svg, "viewBox=\""), *body = box ? strchr(box, '>') : NULL;
	const char *desc = body ? strstr(body, "</desc>") : NULL, *end = body ? strstr(body, "</svg>") : NULL;
	int box_len = box ? (int)strcspn(box + 9, "\"") : 0;

	if (!end)
		return;		/* not a picture: gnuplot_run() would have failed */
	body = desc && desc < end ? desc + strlen("</desc>") : body + 1;
	fprintf(out, "<svg viewBox=\"%.*s\" role=\"img\" aria-label=\"", box_len, box + 9);
	html_text(out, label);
	fputs("\">", out);
	put_parts(out, body, end, nr);
	fputs("</svg>\n", out);
}
