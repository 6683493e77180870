# SPDX-License-Identifier: GPL-2.0-or-later
# make fuzz             builds and runs each fuzzer for FUZZ_SECONDS (needs clang), from its corpus
# make fuzz-build       builds them; make fuzz-files FILES="..." runs files through them with any compiler
# make test-fuzz        runs the corpora, test/fuzz/corpus/NAME/, with any compiler; make check does, too
FUZZ_SECONDS	?= 60
FUZZERS		:= dat_fuzz event_fuzz perf_fuzz text_fuzz tracetext_fuzz
FUZZ_SRC	:= $(wildcard base/*.c kvm/*.c event/*.c capture/*.c) test/damage/subject.c
FUZZ_FLAGS	= -std=gnu11 -g -O1 $(WARN) -fno-strict-aliasing -I. -D_GNU_SOURCE -MMD -MP $(PKG_CFLAGS)
FUZZ_SAN	:= address,undefined -fno-sanitize-recover=undefined
FUZZ_OBJ	:= $(FUZZ_SRC:%.c=$(BUILD)/fuzz/obj/%.o)
FUZZ_PLAIN	:= $(FUZZERS:%=$(BUILD)/test/fuzz/%)
UNITS		+= $(FUZZ_PLAIN)

.PHONY: fuzz fuzz-build fuzz-files test-fuzz
$(BUILD)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ)clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) -c -o $@ $<

$(BUILD)/fuzz/%: test/fuzz/%.c $(FUZZ_OBJ)
	$(call say,FUZZ)clang $(FUZZ_FLAGS) -fsanitize=fuzzer,$(FUZZ_SAN) -o $@ $< $(FUZZ_OBJ) $(LIBS)

$(BUILD)/test/fuzz/%: $(BUILD)/obj/test/fuzz/%.o $(BUILD)/obj/test/fuzz/main.o $(BUILD)/obj/test/damage/subject.o $(DAMAGE_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(DAMAGE_LIBS) -Wl,--end-group $(LIBS)

fuzz-build: $(FUZZERS:%=$(BUILD)/fuzz/%)

fuzz: fuzz-build
	for f in $(FUZZERS); do \
		mkdir -p $(BUILD)/fuzz/corpus/$$f && \
		$(BUILD)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -max_len=200000 -timeout=20 -detect_leaks=0 -print_final_stats=1 \
			-artifact_prefix=$(BUILD)/fuzz/$$f- $(BUILD)/fuzz/corpus/$$f test/fuzz/corpus/$$f || exit 1; done

test-fuzz: $(FUZZ_PLAIN)
	test/run.sh $^

fuzz-files: $(FUZZ_PLAIN)
	for f in $^; do $$f $(FILES) || exit 1; done
