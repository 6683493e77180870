/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_STAGE2_H
#define EVENT_STAGE2_H

#include "event/meta.h"
#include "kvm/stage2.h"

/*
 * What the header of an arm64 recording says of its host's stage 2 (parameters "arm64.*", set by the importer).
 * What it does not say is a host as they are sold today: 40 bits of IPA, FWB, TLBI by range, hardware access
 * flag, VHE.
 */
struct stage2_host stage2_of_meta(const struct ev_meta *m);

#endif
