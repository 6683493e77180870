/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One document, three forms: what stands in it stands in each, nothing in it means anything to the
 * form, and no line of a mail is longer than it may be.
 */
#include "analysis/doc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/types.h"
#include "test/table.h"

enum form { HTML, MARKDOWN, PICTURES, MAIL };

struct row {
	const char	*name;
	void		(*make)(struct doc *d);
	enum form	 form;
	const char	*want, *never;
	bool		 typed;		/* want: what bash says to it */
};

/* --- documents ----------------------------------------------------------------------- */

static void text(struct doc *d)
{
	doc_heading(d, 1, "top", "A <b> & `c`");
	doc_para(d, DOC_PLAIN, "It took 5 µs, ");
	doc_text(d, DOC_GOOD, "0.5x");
	doc_text(d, DOC_CODE, "age.lock");
	doc_text(d, DOC_PLAIN, " a_b *c* [d](e) <script>");
	doc_item(d, "one");
	doc_item(d, "two");
	doc_para(d, DOC_PLAIN, "after");
}

static void long_text(struct doc *d)
{
	doc_para(d, DOC_PLAIN, "What the MMU of this host went through, replayed 4 times over, on disjoint memory of the same VM "
		 "and as many times the CPUs, µµµµµ, with pacing asap.");
	doc_item(d, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx end");
}

static void commands(struct doc *d)
{
	doc_put(d, DOC_COMMANDS, DOC_PLAIN,
		"mmulab replay datasets/x86-6.12-aging-mglru.mmt -p x86-6.12 --set 'lock.needbreak=a b' --db results.db\nsecond\n");
}

static void long_words(struct doc *d)
{
	doc_put(d, DOC_COMMANDS, DOC_PLAIN,
		"printf '%s\\n' aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiii "
		"'AAAAAAAAAA BBBBBBBBBB CCCCCCCCCC DDDDDDDDDD EEEEEEEEEE FFFFFFFFFF GGGGGGGGGG HHHHHHHHHH'\n");
}

/* Four configurations with values and ratios: too wide for a mail. */
static void wide_table(struct doc *d)
{
	doc_put(d, DOC_TABLE, DOC_PLAIN, "");
	doc_row(d, DOC_HEAD);
	doc_cell(d, DOC_PLAIN, "%s", "");
	for (int i = 0; i < 5; i++) {
		doc_cell(d, DOC_PLAIN, "a configuration with a long name, %d", i);
		d->v[d->nr - 1].more = xasprintf("[%d]", i + 1);
		d->v[d->nr - 1].number = 2;
	}
	doc_row(d, DOC_BODY);
	doc_cell(d, DOC_PLAIN, "stall per vCPU, µs");
	for (int i = 0; i < 5; i++) {
		doc_cell(d, DOC_PLAIN, "%d.50000", 1000 + i);
		doc_cell(d, i ? DOC_BAD : DOC_SOFT, "%d.00x", i);
	}
	doc_put(d, DOC_TABLE_END, DOC_PLAIN, "");
}

static void roomy(struct doc *d)
{
	doc_put(d, DOC_FOLD, DOC_PLAIN, "Cost <model>");
	doc_put(d, DOC_LINES, DOC_PLAIN, "[costs]\n```\nexit_entry = 1000\n");
	doc_put(d, DOC_FOLD_END, DOC_PLAIN, "");
	doc_put(d, DOC_WIDE, DOC_PLAIN, "");
	doc_para(d, DOC_PLAIN, "the matrix");
	doc_put(d, DOC_WIDE_END, DOC_PLAIN, "");
	doc_para(d, DOC_PLAIN, "the end");
}

static void picture(struct doc *d)
{
	doc_picture(d, "T-stall", "Stall | per vCPU", xstrdup("<?xml?><svg viewBox=\"0 0 9 9\"><g id=\"a\"/></svg>\n"));
}

/* --- the check ------------------------------------------------------------------------ */

static char *form_of(const struct doc *d, enum form form)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (form == HTML)
		doc_html(d, out);
	else if (form == MAIL)
		doc_mail(d, out);
	else
		doc_markdown(d, form == PICTURES, out);
	fclose(out);
	return text;
}

/* What comes of typing it; takes @text over. */
static char *type(char *text)
{
	char file[] = "/tmp/mmulab-doc-XXXXXX", *command, *said = xcalloc(1, 4096);
	FILE *out = fdopen(mkstemp(file), "w");

	fputs(text, out);
	fclose(out);
	command = xasprintf("bash %s", file);
	out = popen(command, "r");
	assert_non_null(out);
	assert_true(fread(said, 1, 4095, out) > 0);
	assert_int_equal(pclose(out), 0);
	unlink(file);
	free(command);
	free(text);
	return said;
}

static void check_width(const char *text)
{
	int columns = 0;

	for (; *text; text++) {
		columns = *text == '\n' ? 0 : columns + (((unsigned char)*text & 0xc0) != 0x80);
		assert_true(columns <= DOC_MAIL_WIDTH);
	}
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct doc d = { 0 };
	char *text;

	row->make(&d);
	text = form_of(&d, row->form);
	if (row->form == MAIL)
		check_width(text);
	if (row->typed)
		text = type(text);
	if (!strstr(text, row->want))
		print_message("%s", text);
	assert_non_null(strstr(text, row->want));
	assert_true(!row->never || !strstr(text, row->never));
	free(text);
	doc_fini(&d);
}

static const struct row rows[] = {
	{ .name = "a page escapes", .make = text, .form = HTML, .want = "<h1 id=\"top\">A &lt;b&gt; &amp; `c`</h1>", .never = "<script" },
	{ .name = "a page's tones are classes", .make = text, .form = HTML, .want = "<span class=\"good\">0.5x</span><code>age.lock</code>" },
	{ .name = "a page's items are one list", .make = text, .form = HTML,
	  .want = "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<p>after</p>" },
	{ .name = "Markdown escapes", .make = text, .form = MARKDOWN, .want = " a\\_b \\*c\\* \\[d\\](e) \\<script\\>" },
	{ .name = "Markdown's tones", .make = text, .form = MARKDOWN, .want = "5 µs, **0.5x**`age.lock`" },
	{ .name = "Markdown's items are one list", .make = text, .form = MARKDOWN, .want = "\n\n* one\n* two\n\nafter\n" },
	{ .name = "a mail has no marks", .make = text, .form = MAIL, .want = "It took 5 µs, 0.5xage.lock a_b *c* [d](e) <script>\n\n* one\n* two\n\nafter\n" },
	{ .name = "a mail's heading is underlined", .make = text, .form = MAIL, .want = "A <b> & `c`\n===========\n\n" },
	{ .name = "a mail's lines are wrapped", .make = long_text, .form = MAIL,
	  .want = "What the MMU of this host went through, replayed 4 times over, on\ndisjoint memory" },
	{ .name = "items hang", .make = long_text, .form = MAIL, .want = "\n  xxxxxxxxxxxxxxxxxxxxxxxxxxxx end\n" },
	{ .name = "commands are folded", .make = commands, .form = MAIL,
	  .want = "  mmulab replay datasets/x86-6.12-aging-mglru.mmt -p x86-6.12 --set \\\n      'lock.needbreak=a b' --db results.db\n  second\n" },
	{ .name = "a page has them as they are", .make = commands, .form = HTML, .want = "&#39;lock.needbreak=a b&#39; --db results.db\nsecond\n" },
	{ .name = "a long word goes on behind a backslash", .make = long_words, .form = MAIL, .want = "fffffffffg\\\nggg" },
	{ .name = "a long quoted word is joined from two", .make = long_words, .form = MAIL, .want = "'\\\n'" },
	{ .name = "and both mean what they meant", .make = long_words, .form = MAIL, .typed = true,
	  .want = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiii\n"
		  "AAAAAAAAAA BBBBBBBBBB CCCCCCCCCC DDDDDDDDDD EEEEEEEEEE FFFFFFFFFF GGGGGGGGGG HHHHHHHHHH\n" },
	{ .name = "a wide table is split between configurations", .make = wide_table, .form = MAIL,
	  .want = "                                  [1]                [2]\nstall per vCPU, µs  1000", .never = "configuration" },
	{ .name = "Markdown has it whole", .make = wide_table, .form = MARKDOWN, .want = "| 1004.50000 | **4.00x** |\n" },
	{ .name = "and its headings over both columns", .make = wide_table, .form = MARKDOWN, .want = "long name, 0 | | a configuration" },
	{ .name = "a page's span", .make = wide_table, .form = HTML, .want = "<th colspan=\"2\">a configuration with a long name, 3</th>" },
	{ .name = "a mail leaves out what has no room", .make = roomy, .form = MAIL, .want = "the end", .never = "matrix" },
	{ .name = "and what is folded", .make = roomy, .form = MAIL, .want = "the end", .never = "exit_entry" },
	{ .name = "Markdown folds", .make = roomy, .form = MARKDOWN,
	  .want = "<details><summary>Cost &lt;model&gt;</summary>\n\n````\n[costs]\n```\nexit_entry = 1000\n````\n\n</details>" },
	{ .name = "a page folds", .make = roomy, .form = HTML, .want = "<details><summary>Cost &lt;model&gt;</summary>\n<pre>[costs]\n" },
	{ .name = "a page has pictures inside", .make = picture, .form = HTML, .want = "<g id=\"p1-a\"/></svg>\n<figcaption>" },
	{ .name = "Markdown names them", .make = picture, .form = PICTURES, .want = "![Stall \\| per vCPU](T-stall.svg)" },
	{ .name = "or leaves them out", .make = picture, .form = MARKDOWN, .want = "", .never = "svg" },
};

int main(void)
{
	return table_run("doc", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
