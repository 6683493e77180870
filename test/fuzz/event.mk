# SPDX-License-Identifier: GPL-2.0-or-later
# make fuzz             builds and runs each fuzzer for FUZZ_SECONDS (needs clang)
# make fuzz-build       builds them; make fuzz-files FILES="..." runs files through them with any compiler
FUZZ_SECONDS	?= 60
FUZZERS		:= event_fuzz text_fuzz
FUZZ_SRC	:= $(wildcard base/*.c kvm/*.c event/*.c)
FUZZ_FLAGS	= -std=gnu11 -g -O1 $(WARN) -fno-strict-aliasing -I. -D_GNU_SOURCE
FUZZ_LIBS	:= -lzstd -lxxhash -linih -ljansson -lpthread

.PHONY: fuzz fuzz-build fuzz-files
$(BUILD)/fuzz/%: test/fuzz/%.c $(FUZZ_SRC) $(wildcard base/*.h kvm/*.h event/*.h event/*.def kvm/*.def)
	@mkdir -p $(@D)
	clang $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -o $@ $< $(FUZZ_SRC) $(FUZZ_LIBS)

$(BUILD)/fuzz/%-files: test/fuzz/%.c $(FUZZ_SRC)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_FLAGS) -DFUZZ_MAIN -o $@ $< $(FUZZ_SRC) $(FUZZ_LIBS)

fuzz-build: $(FUZZERS:%=$(BUILD)/fuzz/%)

# Begins from small sound files, so that mutations get behind the header.
fuzz: fuzz-build $(BUILD)/mmulab
	@mkdir -p $(BUILD)/fuzz/corpus/event_fuzz $(BUILD)/fuzz/corpus/text_fuzz
	cp test/fuzz/seed/*.txt $(BUILD)/fuzz/corpus/text_fuzz/
	for t in test/fuzz/seed/*.txt; do \
		$(BUILD)/mmulab text -r $$t -o $(BUILD)/fuzz/corpus/event_fuzz/$$(basename $$t .txt).mmt || exit 1; done
	for f in $(FUZZERS); do \
		$(BUILD)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=20 -print_final_stats=1 \
			-artifact_prefix=$(BUILD)/fuzz/$$f- $(BUILD)/fuzz/corpus/$$f || exit 1; done

fuzz-files: $(FUZZERS:%=$(BUILD)/fuzz/%-files)
	for f in $(FUZZERS); do $(BUILD)/fuzz/$$f-files $(FILES) || exit 1; done
