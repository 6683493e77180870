/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_OUTDIR_H
#define BASE_OUTDIR_H

#include "base/err.h"
#include "base/types.h"

/*
 * A folder that appears whole or not at all.  It is filled under a hidden name
 * beside the target.  A list of its files is part of it: a later one replaces
 * the folder only while nothing else lies in it, so that nobody's file is lost.
 */
struct outdir;

/**
 * outdir_open() - start a folder that will replace @path.
 * @path:	absent, an empty folder, or one that outdir_commit() left.
 * @list:	name of the file in it that lists the others.
 * @maker:	who writes it, "mmulab dashboard"; the list says so.
 *
 * Return: 0; ERR_INPUT (negative) for a folder with anything else in it.
 */
int outdir_open(const char *path, const char *list, const char *maker, struct outdir **out, struct err *e);

/* A file of @bytes at @data; @name may begin with a folder: "pictures/1.svg". */
int outdir_put(struct outdir *o, const char *name, const void *data, size_t bytes, struct err *e);

/* Puts the folder under its name and removes the one it replaces; closes @o.  On failure @path is as it was. */
int outdir_commit(struct outdir *o, struct err *e);

/* Gives up, removes what was written and closes @o.  NULL is fine. */
void outdir_abort(struct outdir *o);

#endif
