/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_AUDIT_PAGES_H
#define REPLAY_AUDIT_PAGES_H

#include "replay/recording.h"
#include "replay/regions.h"

/*
 * Shadow pages as records show them, from the first that names one to its zap.  Which hangs below which no record
 * says: the caller finds that out and links them.
 */
#define AUDIT_NO_PAGE UINT32_MAX

struct audit_page {
	gfn_t	  gfn;
	uint32_t  role;
	uint16_t  vm;
	uint8_t	  gen;
	bool	  gone;		/* zapped */
	bool	  obsolete;	/* of a generation that is over: nobody may find it */
	bool	  unsync;
	bool	  said;		/* that it was not synced where it had to be: once each time that it goes unsync */
	uint64_t  gone_ns;
	uint32_t  by_op;	/* that zapped it, or let it go unsync */
	uint32_t  older;	/* page of the same frame */
	uint32_t *below;	/* 512 of them, or NULL: nothing ever hung below it */
};

struct audit_pages {		/* zeroed: empty */
	struct audit_page *v;
	uint32_t	   nr, cap;
	struct regions	   frames;	/* numbers of frames */
	uint32_t	  *newest;	/* by these: page of the frame seen first last */
	uint32_t	   nr_newest, cap_newest;
};

void audit_pages_fini(struct audit_pages *p);
/* Page number @page; valid until the next one is added. */
struct audit_page *audit_page(const struct audit_pages *p, uint32_t page);
/* The one made last that record @o is about, gone or not, or AUDIT_NO_PAGE. */
uint32_t audit_pages_find(const struct audit_pages *p, const struct obs *o);
uint32_t audit_pages_add(struct audit_pages *p, const struct obs *o);
/* The only one that shadows the guest's table @gfn at @level; AUDIT_NO_PAGE: none does, or several. */
uint32_t audit_pages_only(const struct audit_pages *p, uint16_t vm, gfn_t gfn, unsigned int level);

/* @child hangs from entry @index of @parent; AUDIT_NO_PAGE: no shadow of a guest's table does. */
void audit_pages_link(struct audit_pages *p, uint32_t parent, unsigned int index, uint32_t child);
uint32_t audit_pages_below(const struct audit_pages *p, uint32_t parent, unsigned int index);
/* Nothing hangs any more from entry @index of any page of the guest's table @gfn. */
void audit_pages_unlink(struct audit_pages *p, uint16_t vm, gfn_t gfn, unsigned int index);
void audit_pages_gone(struct audit_pages *p, uint32_t page, uint32_t op, uint64_t t_ns);
void audit_pages_obsolete(struct audit_pages *p, uint16_t vm, uint8_t gen);

/*
 * First unsync page below @page of those that an operation let go which was over by @by_ns, or AUDIT_NO_PAGE.
 * @unsaid: and of which that was not said yet.
 */
uint32_t audit_pages_unsync(const struct audit_pages *p, const struct recording *r, uint32_t page, uint64_t by_ns,
			    bool unsaid);

#endif
