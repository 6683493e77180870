// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz target: a trace.dat of any version. */
#include "test/fuzz/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_recording(data, size, "\x17\x08\x44tracing", 10);
}
