/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_MUTANT_H
#define ENGINE_CORE_MUTANT_H

/*
 * Deliberate defects, so that tests can show that each invariant's check is able to
 * fail.  Engine code asks where a defect would be:
 *
 *	if (!MUTANT(skip_in_progress) && rt_load(&n->in_progress))
 *
 * The program and the ordinary tests are built without MUTANTS: every question is
 * the constant false there and leaves no instruction behind.  The Makefile compiles
 * core and x86 once more with -DMUTANTS for test/unit/mutants, where at most one
 * defect is on at a time.
 */
#include <stdbool.h>

enum mutant {
	MUTANT_none,
#define MUTANT_ROW(name, what) MUTANT_##name,
#include "engine/core/mutant.def"
#undef MUTANT_ROW
	NR_MUTANTS
};

#ifdef MUTANTS
extern enum mutant mutant_on;
#define MUTANT(name)	(__builtin_expect(mutant_on == MUTANT_##name, 0))
#else
#define MUTANT(name)	false
#endif

#endif
