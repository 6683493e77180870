/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_META_JSON_H
#define EVENT_META_JSON_H

#include <jansson.h>

#include "base/err.h"
#include "event/meta.h"

/*
 * The dictionary as one JSON object.  Numbers above 2^63 are strings in
 * hexadecimal, since JSON readers stop there; bytes that are not UTF-8 (a task
 * may call itself anything) become the text \xHH.
 */

/* Counts come sorted by name.  The caller decrefs. */
json_t *meta_to_json(const struct ev_meta *m);

/**
 * meta_from_json() - fill a fresh dictionary.
 * @m:		after ev_meta_init(); on failure to be given to ev_meta_fini().
 * @where:	begins the error message.
 *
 * A member that is absent keeps its default, one that is unknown is passed over.
 */
int meta_from_json(const json_t *json, struct ev_meta *m, const char *where, struct err *e);

#endif
