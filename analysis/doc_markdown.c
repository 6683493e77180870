/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A document as GitHub's Markdown. */
#include "analysis/doc.h"

#include <string.h>

#include "analysis/html.h"

struct sheet {
	FILE	*out;
	bool	 pictures;
	bool	 in_para, in_item;
	int	 cells;		/* of the row under way */
	int	 row;		/* enum doc_row, -1: none */
};

/* What would mean something to Markdown, or to HTML inside it, means nothing. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\`*_{}[]<>#|~&", *text))
			fputc('\\', out);
		fputc(*text == '\n' ? ' ' : *text, out);
	}
}

/* Code spans know no escapes; a stroke would still end a table's cell. */
static void put_code(FILE *out, const char *text)
{
	fputc('`', out);
	for (; *text; text++)
		fputs(*text == '|' ? "\\|" : (char[]){ *text == '`' ? '\'' : *text, 0 }, out);
	fputc('`', out);
}

static void put_toned(FILE *out, const struct doc_piece *piece)
{
	bool strong = piece->tone == DOC_STRONG || piece->tone == DOC_GOOD || piece->tone == DOC_BAD;

	if (piece->tone == DOC_CODE && *piece->text) {
		put_code(out, piece->text);
		return;
	}
	strong &= *piece->text != '\0';
	fputs(strong ? "**" : "", out);
	put_escaped(out, piece->text);
	fputs(strong ? "**" : "", out);
}

static void end_block(struct sheet *s, bool list_goes_on)
{
	if (s->in_para || s->in_item)
		fputc('\n', s->out);
	if (s->in_para || (s->in_item && !list_goes_on))
		fputc('\n', s->out);
	s->in_para = s->in_item = false;
}

static void end_row(struct sheet *s)
{
	if (s->row < 0)
		return;
	fputs("|\n", s->out);
	if (s->row == DOC_HEAD) {
		for (int i = 0; i < s->cells; i++)
			fputs(i ? "|---:" : "|:---", s->out);
		fputs("|\n", s->out);
	}
	s->cells = 0;
	s->row = -1;
}

static void put_cell(struct sheet *s, const struct doc_piece *piece)
{
	fputs("| ", s->out);
	put_toned(s->out, piece);
	fputc(' ', s->out);
	for (int i = 1; i < piece->number; i++)
		fputs("| ", s->out);
	s->cells += piece->number;
}

/* A fence longer than any run of backticks in the text. */
static void put_lines(struct sheet *s, const char *text, const char *language)
{
	size_t longest = 2, run = 0;

	for (const char *c = text; *c; c++) {
		run = *c == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		fputc('`', s->out);
	fprintf(s->out, "%s\n%s%s", language, text, *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
	for (size_t i = 0; i <= longest; i++)
		fputc('`', s->out);
	fputs("\n\n", s->out);
}

static void put_picture(struct sheet *s, const struct doc_piece *piece)
{
	if (!s->pictures)
		return;
	fputs("![", s->out);
	put_escaped(s->out, piece->text);
	fprintf(s->out, "](%s.svg)\n\n", piece->name);
	put_escaped(s->out, piece->text);
	fputs(".\n\n", s->out);
}

static void put_piece(struct sheet *s, const struct doc_piece *piece)
{
	if (piece->what != DOC_TEXT && piece->what != DOC_CELL && piece->what != DOC_ROW)
		end_block(s, piece->what == DOC_ITEM);
	switch (piece->what) {
	case DOC_HEADING:
		fprintf(s->out, "%.*s ", piece->number, "###");
		put_escaped(s->out, piece->text);
		fputs("\n\n", s->out);
		break;
	case DOC_PARA:
		s->in_para = true;
		break;
	case DOC_ITEM:
		fputs("* ", s->out);
		s->in_item = true;
		break;
	case DOC_TEXT:
		put_toned(s->out, piece);
		break;
	case DOC_TABLE:
		s->row = -1;
		break;
	case DOC_ROW:
		end_row(s);
		s->row = piece->number;
		break;
	case DOC_CELL:
		put_cell(s, piece);
		break;
	case DOC_TABLE_END:
		end_row(s);
		fputc('\n', s->out);
		break;
	case DOC_COMMANDS:
		put_lines(s, piece->text, "sh");
		break;
	case DOC_LINES:
		put_lines(s, piece->text, "");
		break;
	case DOC_FOLD:
		fputs("<details><summary>", s->out);
		html_text(s->out, piece->text);
		fputs("</summary>\n\n", s->out);
		break;
	case DOC_FOLD_END:
		fputs("</details>\n\n", s->out);
		break;
	case DOC_WIDE:
	case DOC_WIDE_END:
		break;
	case DOC_PICTURE:
		put_picture(s, piece);
		break;
	}
}

void doc_markdown(const struct doc *d, bool pictures, FILE *out)
{
	struct sheet s = { .out = out, .pictures = pictures, .row = -1 };

	for (size_t i = 0; i < d->nr; i++)
		put_piece(&s, &d->v[i]);
	end_block(&s, false);
}
