// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz target: a trace printed as text, when it is none of the other formats. */
#include "test/fuzz/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_recording(data, size, NULL, 0);
}
