/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_BUCKET_H
#define ANALYSIS_BUCKET_H

#include "analysis/select.h"

/*
 * Makes the temporary tables sel and bucket of figure.h for @group; whatever
 * they held before is gone.
 */
int bucket_load(struct db *db, const struct group *group, struct err *e);

#endif
