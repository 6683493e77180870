/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_EXPORT_H
#define CMD_EXPORT_H

#include "base/err.h"

/* `mmulab export --trace-dat ...`; as struct verb's run. */
int export_trace_dat(int argc, char **argv, struct err *e);

#endif
