/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A document as a page. */
#include "analysis/doc.h"

#include <string.h>

#include "analysis/html.h"

struct page {
	FILE		*out;
	const char	*open;		/* end tag of the block under way, or NULL */
	bool		 in_list, in_head, in_row, first_cell;
	unsigned int	 pictures;
};

static const char *class_of(enum doc_tone tone)
{
	switch (tone) {
	case DOC_GOOD:
		return "good";
	case DOC_BAD:
		return "bad";
	case DOC_SOFT:
		return "soft";
	case DOC_ANSWER:
		return "answer";
	default:
		return NULL;
	}
}

/* "<TAG class=...>" */
static void put_tag(FILE *out, const char *tag, enum doc_tone tone)
{
	const char *class = class_of(tone);

	if (class)
		fprintf(out, "<%s class=\"%s\">", tag, class);
	else
		fprintf(out, "<%s>", tag);
}

static void end_block(struct page *p, bool list_goes_on)
{
	if (p->open)
		fprintf(p->out, "%s\n", p->open);
	p->open = NULL;
	if (p->in_list && !list_goes_on) {
		fputs("</ul>\n", p->out);
		p->in_list = false;
	}
}

static void put_heading(struct page *p, const struct doc_piece *piece)
{
	fprintf(p->out, "<h%d", piece->number);
	if (piece->more) {
		fputs(" id=\"", p->out);
		html_text(p->out, piece->more);
		fputc('"', p->out);
	}
	fputc('>', p->out);
	html_text(p->out, piece->text);
	fprintf(p->out, "</h%d>\n", piece->number);
}

static void put_item(struct page *p)
{
	if (!p->in_list)
		fputs("<ul>\n", p->out);
	p->in_list = true;
	fputs("<li>", p->out);
	p->open = "</li>";
}

static void put_text(struct page *p, const struct doc_piece *piece)
{
	const char *tag = piece->tone == DOC_STRONG ? "strong" : piece->tone == DOC_CODE ? "code" : NULL;

	if (piece->more) {
		fputs("<a href=\"#", p->out);
		html_text(p->out, piece->more);
		fputs("\">", p->out);
		html_text(p->out, piece->text);
		fputs("</a>", p->out);
		return;
	}
	if (class_of(piece->tone))
		tag = "span";
	if (tag)
		put_tag(p->out, tag, piece->tone);
	html_text(p->out, piece->text);
	if (tag)
		fprintf(p->out, "</%s>", tag);
}

static void end_row(struct page *p)
{
	if (p->in_row)
		fputs("</tr>\n", p->out);
	if (p->in_head)
		fputs("</thead><tbody>\n", p->out);
	p->in_row = p->in_head = false;
}

static void put_row(struct page *p, const struct doc_piece *piece)
{
	end_row(p);
	p->in_head = piece->number == DOC_HEAD;
	p->in_row = p->first_cell = true;
	fputs(p->in_head ? "<thead><tr>" : piece->number == DOC_SECTION ? "<tr class=\"head\">" : "<tr>", p->out);
}

static void put_cell(struct page *p, const struct doc_piece *piece)
{
	const char *tag = p->in_head || p->first_cell ? "th" : "td", *class = class_of(piece->tone);

	p->first_cell = false;
	fprintf(p->out, "<%s", tag);
	if (piece->number > 1)
		fprintf(p->out, " colspan=\"%d\"", piece->number);
	if (class)
		fprintf(p->out, " class=\"%s\"", class);
	if (piece->shade)
		fprintf(p->out, " style=\"background: rgba(var(--heat), %.3f)\"", 0.75 * piece->shade / 1000);
	fputc('>', p->out);
	if (piece->tone == DOC_CODE)
		fputs("<code>", p->out);
	html_text(p->out, piece->text);
	fprintf(p->out, "%s</%s>", piece->tone == DOC_CODE ? "</code>" : "", tag);
}

static void put_picture(struct page *p, const struct doc_piece *piece)
{
	fputs("<figure>\n", p->out);
	html_svg(p->out, piece->more, piece->text, ++p->pictures);
	fputs("<figcaption>", p->out);
	html_text(p->out, piece->text);
	fputs(".</figcaption>\n</figure>\n", p->out);
}

static void put_lines(struct page *p, const struct doc_piece *piece)
{
	fputs("<pre>", p->out);
	html_text(p->out, piece->text);
	fputs("</pre>\n", p->out);
}

static void put_fold(struct page *p, const struct doc_piece *piece)
{
	fputs("<details><summary>", p->out);
	html_text(p->out, piece->text);
	fputs("</summary>\n", p->out);
}

static void put_piece(struct page *p, const struct doc_piece *piece)
{
	if (piece->what != DOC_TEXT)
		end_block(p, piece->what == DOC_ITEM);
	switch (piece->what) {
	case DOC_HEADING:
		put_heading(p, piece);
		break;
	case DOC_PARA:
		put_tag(p->out, "p", piece->tone);
		p->open = "</p>";
		break;
	case DOC_ITEM:
		put_item(p);
		break;
	case DOC_TEXT:
		put_text(p, piece);
		break;
	case DOC_TABLE:
		fputs("<div class=\"wide\"><table>\n", p->out);
		break;
	case DOC_ROW:
		put_row(p, piece);
		break;
	case DOC_CELL:
		put_cell(p, piece);
		break;
	case DOC_TABLE_END:
		end_row(p);
		fputs("</tbody></table></div>\n", p->out);
		break;
	case DOC_COMMANDS:
	case DOC_LINES:
		put_lines(p, piece);
		break;
	case DOC_FOLD:
		put_fold(p, piece);
		break;
	case DOC_FOLD_END:
		fputs("</details>\n", p->out);
		break;
	case DOC_WIDE:
	case DOC_WIDE_END:
		break;
	case DOC_PICTURE:
		put_picture(p, piece);
		break;
	}
}

void doc_html(const struct doc *d, FILE *out)
{
	struct page p = { .out = out };

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>mmulab report</title>\n<style>\n", out);
	fputs(html_style, out);
	fputs("</style>\n</head>\n<body>\n", out);
	for (size_t i = 0; i < d->nr; i++)
		put_piece(&p, &d->v[i]);
	end_block(&p, false);
	fputs("</body>\n</html>\n", out);
}
