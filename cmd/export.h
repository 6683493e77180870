/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_EXPORT_H
#define CMD_EXPORT_H

#include "base/err.h"

/* The two sorts of export; as struct verb's run. */
int export_trace_dat(int argc, char **argv, struct err *e);	/* --trace-dat: a run as a recording */
int export_db(int argc, char **argv, struct err *e);		/* --format: runs of a database */

#endif
