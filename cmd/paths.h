/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_PATHS_H
#define CMD_PATHS_H

/**
 * paths_dirs() - where the program's data of one kind lies.
 * @kind:	"policies", "costs", "plots", "profiles".
 *
 * $MMULAB_DATA/KIND when MMULAB_DATA is set; else the first that exists of
 * ../share/mmulab/KIND and ../KIND beside the program, the source tree it was
 * built from, PREFIX/share/mmulab/KIND.  When none exists all of them are
 * listed, so that an error can say where it looked.  Paths below the working
 * directory are relative to it.
 *
 * Return: a NULL-terminated list that lives as long as the program.
 */
const char *const *paths_dirs(const char *kind);

/* The file @name in the first of those folders that has it, or NULL; the caller's to free(). */
char *paths_file(const char *kind, const char *name);

#endif
