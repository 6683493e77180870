/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SCRIPTS_ANALYZER_H
#define SCRIPTS_ANALYZER_H

/*
 * Put before every file by `make lint`, never by the build: the analyzer looks
 * at one file at a time and cannot know that these two never return 0.
 */
#include "base/err.h"

#define err_set(e, exit, ...)		((err_set)(e, exit, __VA_ARGS__), -(int)(exit))
#define err_sys(e, errnum, path, doing)	((err_sys)(e, errnum, path, doing), -(int)ERR_MACHINE)

#endif
