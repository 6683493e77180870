# SPDX-License-Identifier: GPL-2.0-or-later
# mmulab-kvmload: a guest of our own for KVM, and the rig that records it inside an emulated machine.

RIG		:= capture/rig
RIG_MACHINE	:= $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
RIG_ARCH	:= $(if $(filter x86_64,$(RIG_MACHINE)),x86,$(if $(filter aarch64,$(RIG_MACHINE)),arm64))
RIG_OTHER	:= %_$(if $(filter x86,$(RIG_ARCH)),arm64,x86).c
RIG_LOAD	:= $(filter-out $(RIG_OTHER),$(wildcard $(RIG)/load/*.c))
RIG_GUEST	:= $(filter $(RIG)/load/guest%,$(RIG_LOAD))
KVMLOAD		:= $(if $(RIG_ARCH),$(BUILD)/mmulab-kvmload)

# The guest is on its own: no library, no stack protector, no registers that the host would have to set up.
RIG_GUEST_FLAGS	:= -O2 -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables -mgeneral-regs-only \
		   $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns) \
		   $(if $(filter x86,$(RIG_ARCH)),-fcf-protection=none -mno-red-zone,-mstrict-align)

$(BUILD)/rig/guest/%.o: $(RIG)/load/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(filter-out $(SANFLAGS) $(OPT),$(ALL_CFLAGS)) $(RIG_GUEST_FLAGS) -c -o $@ $<

$(BUILD)/rig/guest.bin: $(patsubst $(RIG)/load/%.c,$(BUILD)/rig/guest/%.o,$(RIG_GUEST)) $(RIG)/load/guest.ld
	$(call say,LD)$(CROSS)ld --no-warn-rwx-segments -T $(RIG)/load/guest.ld -o $(@:.bin=.elf) $(filter %.o,$^)
	@$(CROSS)objcopy -O binary $(@:.bin=.elf) $@

$(BUILD)/rig/payload.o: $(RIG)/load/payload.S $(BUILD)/rig/guest.bin
	$(call say,AS)$(CC) -Wa,-I$(BUILD)/rig -c -o $@ $<

$(BUILD)/mmulab-kvmload: $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(RIG_GUEST),$(RIG_LOAD))) $(BUILD)/rig/payload.o \
		$(call lib,base)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -o $@ $^ -lpthread $(LDFLAGS)

all: $(KVMLOAD)
