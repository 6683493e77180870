/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/core/mutant.h"

#ifdef MUTANTS
enum mutant mutant_on;
#endif
