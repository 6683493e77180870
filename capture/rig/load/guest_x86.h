/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RIG_LOAD_GUEST_X86_H
#define CAPTURE_RIG_LOAD_GUEST_X86_H

/* Added to the vCPU's number: it runs unprivileged and sets up no traps. */
#define GUEST_USER	0x100

#endif
