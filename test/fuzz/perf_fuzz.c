// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz target: a perf.data, as a file or as a pipe has it. */
#include "test/fuzz/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_recording(data, size, "PERFILE2", 8);
}
