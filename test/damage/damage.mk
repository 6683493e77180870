# SPDX-License-Identifier: GPL-2.0-or-later
# make damage      8 500 mutants of every fixture, 102 000 in all, under sanitizers; DAMAGE_N=n DAMAGE_SEED=n
# The same program runs 500 of each as a unit test.
DAMAGE_N	?= 8500
DAMAGE_SEED	?= 1
DAMAGE	:= $(BUILD)/test/damage/damage
UNITS	+= $(DAMAGE)
DAMAGE_LIBS := $(foreach l,capture event kvm base,$(call lib,$(l)))

$(DAMAGE): $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard test/damage/*.c)) $(DAMAGE_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(DAMAGE_LIBS) -Wl,--end-group $(LIBS)

.PHONY: damage test-damage
test-damage: $(DAMAGE)
	test/run.sh $^
damage:
	+@$(MAKE) --no-print-directory SAN=address,undefined DEPS=no BUILD=$(BUILD)/san-damage $(BUILD)/san-damage/test/damage/damage
	$(BUILD)/san-damage/test/damage/damage -n $(DAMAGE_N) -s $(DAMAGE_SEED) -j $(shell nproc) -k $(BUILD)/damage-findings
