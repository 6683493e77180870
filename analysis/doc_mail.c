/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A document as a mail: lines of 72 columns at most, whatever stands in it. */
#include "analysis/doc.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define CELL_MAX	34	/* columns; what is longer in a table is cut */
#define GAP		2	/* between a table's columns; 1 where only that fits */

/* Columns that @len bytes of UTF-8 take. */
static int columns(const char *text, size_t len)
{
	int nr = 0;

	for (size_t i = 0; i < len; i++)
		nr += ((unsigned char)text[i] & 0xc0) != 0x80;
	return nr;
}

static int width_of(const char *text)
{
	return columns(text, strlen(text));
}

/* Bytes of the first @nr columns. */
static size_t bytes_of(const char *text, int nr)
{
	size_t i = 0;

	while (text[i] && (nr > 0 || ((unsigned char)text[i] & 0xc0) == 0x80)) {
		nr -= ((unsigned char)text[i] & 0xc0) != 0x80;
		if (nr < 0)
			break;
		i++;
	}
	return i;
}

/* --- running text ------------------------------------------------------------------- */

struct letter {
	FILE	*out;
	char	*text;		/* of the block under way, NULL: none */
	size_t	 len;
	FILE	*block;
	bool	 item;
	bool	 after_item;
};

/* Words of @text in lines; the first begins with @first, the others with @rest, of one width. */
static void wrap(FILE *out, const char *first, const char *rest, const char *text)
{
	int room = DOC_MAIL_WIDTH - width_of(first), used = 0;

	fputs(first, out);
	while (*(text += strspn(text, " \n"))) {
		size_t len = strcspn(text, " \n");
		int width = columns(text, len);

		if (used && used + 1 + width > room) {
			fprintf(out, "\n%s", rest);
			used = 0;
		}
		if (width > room) {		/* no word is that long but a name */
			len = bytes_of(text, room);
			width = room;
		}
		fprintf(out, "%s%.*s", used ? " " : "", (int)len, text);
		used += (used != 0) + width;
		text += len;
	}
	fputc('\n', out);
}

static void end_block(struct letter *l)
{
	if (!l->block)
		return;
	fclose(l->block);
	l->block = NULL;
	if (*l->text) {
		if (!l->item && l->after_item)
			fputc('\n', l->out);
		wrap(l->out, l->item ? "* " : "", l->item ? "  " : "", l->text);
		if (!l->item)
			fputc('\n', l->out);
		l->after_item = l->item;
	}
	free(l->text);
	l->text = NULL;
}

static void begin_block(struct letter *l, bool item)
{
	l->item = item;
	l->block = open_memstream(&l->text, &l->len);
}

static void put_heading(struct letter *l, const struct doc_piece *piece)
{
	if (l->after_item)
		fputc('\n', l->out);
	l->after_item = false;
	wrap(l->out, "", "", piece->text);
	if (piece->number < 3) {
		int width = width_of(piece->text);

		for (int i = 0; i < (width < DOC_MAIL_WIDTH ? width : DOC_MAIL_WIDTH); i++)
			fputc(piece->number == 1 ? '=' : '-', l->out);
		fputc('\n', l->out);
	}
	fputc('\n', l->out);
}

/* --- commands --------------------------------------------------------------------------- */

/* A word of the shell's, quotes and all. */
static size_t word_len(const char *text)
{
	bool quoted = false;
	size_t len = 0;

	for (; text[len] && (quoted || !strchr(" \n", text[len])); len++)
		quoted ^= text[len] == '\'';
	return len;
}

/* A word longer than a line goes on in the next one, where a backslash joins it again. */
static int put_long_word(FILE *out, const char *word, size_t len, int used)
{
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (((unsigned char)word[i] & 0xc0) != 0x80 && used > DOC_MAIL_WIDTH - 6) {
			fputs(quoted ? "'\\\n'" : "\\\n", out);
			used = quoted;
		}
		quoted ^= word[i] == '\'';
		fputc(word[i], out);
		used += ((unsigned char)word[i] & 0xc0) != 0x80;
	}
	return used;
}

/* One command; goes on behind a backslash. */
static const char *put_command(FILE *out, const char *text)
{
	int used = 2;

	fputs("  ", out);
	for (bool first = true; *text && *text != '\n'; first = false) {
		size_t len = word_len(text);
		int width = columns(text, len);

		if (!first && used + 1 + width > DOC_MAIL_WIDTH - 2) {
			fputs(" \\\n      ", out);
			used = 6;
		} else if (!first) {
			fputc(' ', out);
			used++;
		}
		if (used + width > DOC_MAIL_WIDTH - 2) {
			used = put_long_word(out, text, len, used);
		} else {
			fprintf(out, "%.*s", (int)len, text);
			used += width;
		}
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
	return *text ? text + 1 : text;
}

static void put_commands(struct letter *l, const char *text)
{
	while (*text)
		text = put_command(l->out, text);
	fputc('\n', l->out);
	l->after_item = false;
}

/* --- tables --------------------------------------------------------------------------------- */

struct grid {
	const struct doc_piece	**cell;		/* [row * nr_cols + col]; NULL: nothing there */
	int			 *row_kind;	/* enum doc_row */
	int			 *width;	/* of each column */
	int			 *unit;		/* of each column: those under one heading stay together */
	int			  nr_rows, nr_cols, gap;
};

static const struct doc_piece *table_end(const struct doc_piece *piece)
{
	while (piece->what != DOC_TABLE_END)
		piece++;
	return piece;
}

static void grid_size(struct grid *g, const struct doc_piece *piece)
{
	int col = 0;

	for (; piece->what != DOC_TABLE_END; piece++) {
		if (piece->what == DOC_ROW) {
			g->nr_rows++;
			col = 0;
		} else if (piece->what == DOC_CELL) {
			col += piece->number;
			g->nr_cols = col > g->nr_cols ? col : g->nr_cols;
		}
	}
}

static void grid_fill(struct grid *g, const struct doc_piece *piece)
{
	int row = -1, col = 0;

	g->cell = xcalloc((size_t)g->nr_rows * (size_t)g->nr_cols, sizeof(const struct doc_piece *));
	g->row_kind = xcalloc((size_t)g->nr_rows, sizeof(*g->row_kind));
	g->width = xcalloc((size_t)g->nr_cols, sizeof(*g->width));
	g->unit = xcalloc((size_t)g->nr_cols, sizeof(*g->unit));
	for (; piece->what != DOC_TABLE_END; piece++) {
		if (piece->what == DOC_ROW) {
			g->row_kind[++row] = piece->number;
			col = 0;
		} else if (piece->what == DOC_CELL) {
			g->cell[row * g->nr_cols + col] = piece;
			for (int i = 0; g->row_kind[row] == DOC_HEAD && i < piece->number; i++)
				g->unit[col + i] = col;
			col += piece->number;
		}
	}
}

static int cell_width(const struct doc_piece *cell)
{
	int width = cell ? width_of(cell->text) : 0;

	return width < CELL_MAX ? width : CELL_MAX;
}

/* Headings may be as wide as what stands below them, or take their short name. */
static const char *heading(const struct grid *g, const struct doc_piece *cell, int col)
{
	int room = 0;

	for (int i = col; i < g->nr_cols && g->unit[i] == col; i++)
		room += g->width[i] + (i > col ? g->gap : 0);
	return cell->more && width_of(cell->text) > room ? cell->more : cell->text;
}

static int grid_width(const struct grid *g)
{
	int sum = 0;

	for (int col = 0; col < g->nr_cols; col++)
		sum += g->width[col];
	return sum;
}

static void grid_widths(struct grid *g)
{
	for (int row = 0; row < g->nr_rows; row++)
		for (int col = 0; g->row_kind[row] == DOC_BODY && col < g->nr_cols; col++) {
			int width = cell_width(g->cell[row * g->nr_cols + col]);

			g->width[col] = width > g->width[col] ? width : g->width[col];
		}
	for (int col = 0; col < g->nr_cols; col++) {
		const struct doc_piece *head = g->row_kind[0] == DOC_HEAD ? g->cell[col] : NULL;
		int width;

		if (!head)
			continue;
		width = width_of(heading(g, head, col));
		width = width < CELL_MAX ? width : CELL_MAX;
		g->width[col] = head->number == 1 && width > g->width[col] ? width : g->width[col];
	}
	if (grid_width(g) + (g->nr_cols - 1) * GAP > DOC_MAIL_WIDTH &&
	    grid_width(g) + g->nr_cols - 1 <= DOC_MAIL_WIDTH)
		g->gap = 1;
}

/* The last column, plus one, that fits beside the first one when @from is the next. */
static int grid_upto(const struct grid *g, int from)
{
	int used = g->width[0], upto = from;

	while (upto < g->nr_cols) {
		int end = upto, width = 0;

		do
			width += g->gap + g->width[end++];
		while (end < g->nr_cols && g->unit[end] == g->unit[upto]);
		if (upto > from && used + width > DOC_MAIL_WIDTH)
			break;
		used += width;
		upto = end;
	}
	return upto;
}

/* One cell, padded on the left or (the first column) on the right. */
static void put_padded(FILE *out, const char *text, int width, bool left)
{
	size_t bytes = bytes_of(text, width);
	int pad = width - columns(text, bytes);

	fprintf(out, "%*s%.*s%*s", left ? 0 : pad, "", (int)bytes, text, left ? pad : 0, "");
}

static void put_grid_row(const struct grid *g, int row, int from, int upto, FILE *out)
{
	char *line = NULL;
	size_t len = 0;
	FILE *text = open_memstream(&line, &len);

	for (int col = 0; col < upto; col = col ? col + 1 : from) {
		const struct doc_piece *cell = g->cell[row * g->nr_cols + col];
		const char *says = !cell ? "" : g->row_kind[row] == DOC_HEAD ? heading(g, cell, col) : cell->text;
		int width = g->width[col];

		/* A heading of several columns stands over all of them. */
		for (int i = 1; cell && i < cell->number && col + 1 < upto; i++)
			width += g->gap + g->width[++col];
		fprintf(text, "%*s", col && from <= col ? g->gap : 0, "");
		put_padded(text, says, width, col == 0);
	}
	fclose(text);
	while (len && line[len - 1] == ' ')
		line[--len] = '\0';
	fprintf(out, "%s\n", line);
	free(line);
}

static void put_table(struct letter *l, const struct doc_piece *piece)
{
	struct grid g = { .gap = GAP };

	grid_size(&g, piece);
	grid_fill(&g, piece);
	grid_widths(&g);
	if (l->after_item)
		fputc('\n', l->out);
	l->after_item = false;
	for (int from = 1, upto; from < g.nr_cols; from = upto) {
		upto = grid_upto(&g, from);
		for (int row = 0; row < g.nr_rows; row++)
			put_grid_row(&g, row, from, upto, l->out);
		fputc('\n', l->out);
	}
	free(g.cell);
	free(g.row_kind);
	free(g.width);
	free(g.unit);
}

/* --- all of it ---------------------------------------------------------------------------------- */

/* Return: the last piece that is dealt with by now. */
static const struct doc_piece *put_piece(struct letter *l, const struct doc_piece *piece)
{
	if (piece->what != DOC_TEXT)
		end_block(l);
	switch (piece->what) {
	case DOC_HEADING:
		put_heading(l, piece);
		break;
	case DOC_PARA:
	case DOC_ITEM:
		begin_block(l, piece->what == DOC_ITEM);
		break;
	case DOC_TEXT:
		fputs(piece->text, l->block);
		break;
	case DOC_TABLE:
		put_table(l, piece + 1);
		return table_end(piece);
	case DOC_COMMANDS:
		put_commands(l, piece->text);
		break;
	default:	/* there is no room for it */
		break;
	}
	return piece;
}

void doc_mail(const struct doc *d, FILE *out)
{
	struct letter l = { .out = out };
	int left_out = 0;

	for (const struct doc_piece *piece = d->v; piece < d->v + d->nr; piece++) {
		left_out += piece->what == DOC_FOLD || piece->what == DOC_WIDE;
		if (!left_out)
			piece = put_piece(&l, piece);
		else
			end_block(&l);
		left_out -= piece->what == DOC_FOLD_END || piece->what == DOC_WIDE_END;
	}
	end_block(&l);
}
