/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/verb.h"

#ifndef MMULAB_VERSION
#define MMULAB_VERSION "unknown"
#endif

const char *mmulab_version(void)
{
	return MMULAB_VERSION;
}
