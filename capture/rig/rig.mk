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

KVMLOAD_OBJS	:= $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(RIG_GUEST),$(RIG_LOAD))) $(BUILD)/rig/payload.o
KVMLOAD_LINK	= $(CC) $(ALL_CFLAGS) -o $@ $(KVMLOAD_OBJS) $(call lib,base) -lpthread

$(BUILD)/mmulab-kvmload: $(KVMLOAD_OBJS) $(call lib,base)
	$(call say,LD)$(KVMLOAD_LINK) $(LDFLAGS)

all: $(KVMLOAD)

# --- the rig ---------------------------------------------------------------------------------------
RIG_CACHE	?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME)/mmulab/rig,$(BUILD)/rig/cache)
RIG_KERNELS	?= 6.12 6.1
RIG_SYSROOT	:= $(abspath $(RIG_CACHE))/arm64/root
RIG_ARM64	:= $(BUILD)/rig/arm64
STATIC_LIBS	= $(subst -Wl$(comma)--as-needed,,$(LIBS)) $(shell $(PKG_CONFIG) --static --libs $(PKGS) 2>/dev/null) -static -s
comma		:= ,

$(BUILD)/rig/x86/mmulab: $(BUILD)/mmulab
	@mkdir -p $(@D)
	$(call say,LD)$(PROGRAM_LINK) $(STATIC_LIBS)

$(BUILD)/rig/x86/mmulab-kvmload: $(BUILD)/mmulab-kvmload
	@mkdir -p $(@D)
	$(call say,LD)$(KVMLOAD_LINK) -static -s

.PHONY: rig-x86 rig-arm64 rig-arm64-programs
rig-x86: $(BUILD)/mmulab $(BUILD)/rig/x86/mmulab $(BUILD)/rig/x86/mmulab-kvmload
	MMULAB=$(BUILD)/mmulab $(RIG)/rig.sh x86 $(RIG_CACHE) $(BUILD)/rig/x86 $(BUILD)/rig $(RIG_KERNELS)

rig-arm64-programs:
	$(RIG)/fetch.sh arm64 $(RIG_CACHE)
	+PKG_CONFIG_LIBDIR=$(RIG_SYSROOT)/usr/lib/aarch64-linux-gnu/pkgconfig PKG_CONFIG_SYSROOT_DIR=$(RIG_SYSROOT) \
		$(MAKE) --no-print-directory BUILD=$(RIG_ARM64) CROSS=aarch64-linux-gnu- CC=aarch64-linux-gnu-gcc \
		PKG_CONFIG="pkg-config --static" TEST_PKGS= LDFLAGS="-static -s -L$(RIG_SYSROOT)/usr/lib/aarch64-linux-gnu" DEPS=no all

rig-arm64: $(BUILD)/mmulab rig-arm64-programs
	MMULAB=$(BUILD)/mmulab $(RIG)/rig.sh arm64 $(RIG_CACHE) $(RIG_ARM64) $(BUILD)/rig $(RIG_KERNELS)
