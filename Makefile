# SPDX-License-Identifier: GPL-2.0-or-later
# mmulab: one Makefile, sources found by folder, everything built below $(BUILD).
#
#   make            the program                make check      all tests
#   make demo       the main job, end to end   make bench      speed and memory figures
#   make lint       style and static analysis  make install PREFIX=/usr/local
#   make rig-x86    make rig-arm64             real traces from emulated hosts: docs/rig.md
#   make SAN=address|undefined|thread check    DEPS=no         installs nothing
#
# A layer is a folder with an archive of its own; LAYER_<x> lists what it may
# stand on, in link order.  Engine layers are compiled once per runtime.

MAKEFLAGS	+= --no-builtin-rules
SAN		?=
BUILD		?= build$(if $(SAN),/san-$(SAN))
PREFIX		?= /usr/local
DESTDIR		?=
# CROSS=aarch64-linux-gnu- and a PKG_CONFIG that knows that machine's libraries: see capture/rig/rig.mk.
CROSS		?=
PKG_CONFIG	?= pkg-config
CC		?= gcc
ifeq ($(origin CC),default)
CC		:= $(CROSS)gcc
endif
OPT		?= -O2
VERSION		:= $(shell git -C . describe --always --dirty 2>/dev/null || echo unknown)

LAYERS		:= base kvm event capture out live synth result config replay export analysis cmd
RT_LAYERS	:= rt core x86 shadow arm64 drive
RUNTIMES	:= vtime threads

DIR_base	:= base
DIR_kvm		:= kvm
DIR_event	:= event
DIR_capture	:= capture
DIR_out		:= capture/out
DIR_live	:= capture/live
DIR_synth	:= synth
DIR_result	:= result
DIR_config	:= engine/config
DIR_replay	:= replay
DIR_export	:= export
DIR_analysis	:= analysis
DIR_cmd		:= cmd
DIR_rt		:= engine/rt
DIR_core	:= engine/core
DIR_x86		:= engine/x86
DIR_shadow	:= engine/x86/shadow
DIR_arm64	:= engine/arm64
DIR_drive	:= replay/drive

LAYER_base	:= base
LAYER_kvm	:= kvm base
LAYER_event	:= event kvm base
LAYER_capture	:= capture event kvm base
LAYER_out	:= out capture event kvm base
LAYER_live	:= live out capture result event kvm base
LAYER_synth	:= synth event kvm base
LAYER_result	:= result base
LAYER_config	:= config kvm base
LAYER_replay	:= replay result config event kvm base
LAYER_export	:= export replay out capture result config event kvm base
LAYER_analysis	:= analysis result base
# Per runtime: own layers, then the common ones.
RT_LAYER_rt	:= rt
RT_LAYER_core	:= core rt
RT_LAYER_x86	:= x86 shadow arm64 core rt
RT_LAYER_shadow	:= shadow x86 arm64 core rt
RT_LAYER_arm64	:= arm64 x86 shadow core rt
RT_LAYER_drive	:= drive x86 shadow arm64 core rt
RT_COMMON_rt	:= config kvm base
RT_COMMON_core	:= config kvm base
RT_COMMON_x86	:= config kvm base
RT_COMMON_shadow := config kvm base
RT_COMMON_arm64	:= config kvm base
RT_COMMON_drive	:= replay result config event kvm base

WARN	:= -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	   -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wimplicit-fallthrough -Wno-unused-parameter -Wno-missing-field-initializers
CFLAGS	?= -g
ALL_CFLAGS = -std=gnu11 $(OPT) $(CFLAGS) $(WARN) -fno-strict-aliasing -I. $(SANFLAGS) -D_GNU_SOURCE -MMD -MP
ifneq ($(SAN),)
SANFLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer $(if $(findstring undefined,$(SAN)),-fno-sanitize-recover=all)
endif

PKGS	:= libtracefs libtraceevent sqlite3 libzstd zlib libxxhash liburcu-memb inih jansson
TEST_PKGS := libtracecmd cmocka
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) $(TEST_PKGS) 2>/dev/null)
LIBS	:= -Wl,--as-needed $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lboost_context -lpthread -lm
TEST_LIBS := $(LIBS) $(shell $(PKG_CONFIG) --libs $(TEST_PKGS) 2>/dev/null)

# V=1 shows the commands.
say	= $(if $(V),,@echo '  $(1)	$(patsubst $(BUILD)/%,%,$@)';)

src	= $(sort $(wildcard $(1)/*.c))
obj	= $(patsubst %.c,$(BUILD)/obj/%.o,$(call src,$(DIR_$(1))))
# engine/rt/*.c is common source of both runtimes, engine/rt/<runtime>/*.c its own.
rtsrc	= $(call src,$(DIR_$(1))) $(if $(filter rt,$(1)),$(call src,engine/rt/$(2)))
rtobj	= $(patsubst %.c,$(BUILD)/obj-$(2)/%.o,$(call rtsrc,$(1),$(2)))
lib	= $(BUILD)/lib/$(1).a
rtlib	= $(BUILD)/lib/$(2)-$(1).a

all: $(BUILD)/mmulab

.PHONY: all check check-run demo bench bench-changes lint check-layers check-data install clean deps units man
.SECONDARY:

# --- objects and archives -------------------------------------------------
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -c -o $@ $<

# Statistics print the same digits everywhere: no compiler may fuse a multiplication and an addition.
$(BUILD)/obj/analysis/%.o: ALL_CFLAGS += -ffp-contract=off

# The schema as a C string literal, so that the program carries it.
$(BUILD)/gen/%.sql.h: result/%.sql
	@mkdir -p $(@D)
	sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< >$@

$(BUILD)/obj/result/schema.o: $(patsubst result/%,$(BUILD)/gen/%.h,$(wildcard result/*.sql))
$(BUILD)/obj/result/schema.o: ALL_CFLAGS += -I$(BUILD)/gen

# Results name the commit they were made by: a new one makes a new version.o.
$(BUILD)/gen/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' >$@
.PHONY: FORCE
FORCE:

$(BUILD)/obj/cmd/version.o: $(BUILD)/gen/version
$(BUILD)/obj/cmd/version.o: ALL_CFLAGS += -DMMULAB_VERSION='"$(VERSION)"'
$(BUILD)/obj/cmd/paths.o: ALL_CFLAGS += -DMMULAB_DATADIR='"$(PREFIX)/share/mmulab"' -DMMULAB_SOURCE='"$(CURDIR)"'

define rt_rules
$(BUILD)/obj-$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,CC)$$(CC) $$(ALL_CFLAGS) -Iengine/rt/$(1) $$(PKG_CFLAGS) -c -o $$@ $$<
endef
$(foreach r,$(RUNTIMES),$(eval $(call rt_rules,$(r))))

# The engine with deliberate defects that a test may turn on: engine/core/mutant.h.
$(BUILD)/obj-mutants/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -DMUTANTS -Iengine/rt/vtime $(PKG_CFLAGS) -c -o $@ $<

define lib_rule
$(call lib,$(1)): $(call obj,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR)$$(CROSS)ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call lib_rule,$(l))))

define rtlib_rule
$(call rtlib,$(1),$(2)): $(call rtobj,$(1),$(2))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR)$$(CROSS)ar rcs $$@ $$^
endef
$(foreach r,$(RUNTIMES),$(foreach l,$(RT_LAYERS),$(eval $(call rtlib_rule,$(l),$(r)))))

# --- the program: both runtimes in one binary ------------------------------
# Each runtime's engine is linked into one object whose only global symbols are
# its entries, as the kernel does with its EL2 object.
KEEP_vtime	:= drive_vtime guide_vtime
KEEP_threads	:= drive_threads

define engine_rule
$(BUILD)/engine-$(1).o: $(foreach l,$(RT_LAYERS),$(call rtobj,$(l),$(1)))
	$$(call say,LD)$$(LD) -r -o $$@.all $$^
	@$$(CROSS)objcopy $$(addprefix --keep-global-symbol=,$$(KEEP_$(1))) $$@.all $$@
	@rm -f $$@.all
endef
$(foreach r,$(RUNTIMES),$(eval $(call engine_rule,$(r))))
LD	:= $(CROSS)ld

PROGRAM_LIBS := $(foreach l,analysis export replay result synth live out capture event config kvm base,$(call lib,$(l)))

PROGRAM_OBJS := $(call obj,cmd) $(foreach r,$(RUNTIMES),$(BUILD)/engine-$(r).o)
PROGRAM_LINK = $(CC) $(ALL_CFLAGS) -o $@ $(PROGRAM_OBJS) -Wl,--start-group $(PROGRAM_LIBS) -Wl,--end-group

$(BUILD)/mmulab: $(PROGRAM_OBJS) $(PROGRAM_LIBS)
	$(call say,LD)$(PROGRAM_LINK) $(LIBS) $(LDFLAGS)

include capture/rig/rig.mk

# --- unit tests: test/unit/LAYER/NAME_test.c -------------------------------
define unit_rule
UNITS += $(patsubst test/unit/%_test.c,$(BUILD)/test/%,$(wildcard test/unit/$(1)/*_test.c))
.PHONY: test-$(1)
test-$(1): $(patsubst test/unit/%_test.c,$(BUILD)/test/%,$(wildcard test/unit/$(1)/*_test.c))
	test/run.sh $$^
$(BUILD)/test/$(1)/%: $(BUILD)/obj/test/unit/$(1)/%_test.o $(foreach l,$(LAYER_$(1)),$(call lib,$(l)))
	@mkdir -p $$(@D)
	$$(call say,LD)$$(CC) $$(ALL_CFLAGS) -o $$@ $$< -Wl,--start-group $(foreach l,$(LAYER_$(1)),$(call lib,$(l))) -Wl,--end-group $$(TEST_LIBS)
endef
$(foreach l,$(filter-out cmd,$(LAYERS)),$(eval $(call unit_rule,$(l))))

define rtunit_rule
UNITS += $(patsubst test/unit/%_test.c,$(BUILD)/test/%.$(2),$(wildcard test/unit/$(1)/*_test.c))
test-$(1): $(patsubst test/unit/%_test.c,$(BUILD)/test/%.$(2),$(wildcard test/unit/$(1)/*_test.c))
$(BUILD)/test/$(1)/%.$(2): $(BUILD)/obj-$(2)/test/unit/$(1)/%_test.o \
		$(foreach l,$(RT_LAYER_$(1)),$(call rtlib,$(l),$(2))) $(foreach l,$(RT_COMMON_$(1)),$(call lib,$(l)))
	@mkdir -p $$(@D)
	$$(call say,LD)$$(CC) $$(ALL_CFLAGS) -o $$@ $$< -Wl,--start-group $(foreach l,$(RT_LAYER_$(1)),$(call rtlib,$(l),$(2))) \
		$(foreach l,$(RT_COMMON_$(1)),$(call lib,$(l))) -Wl,--end-group $$(TEST_LIBS)
endef
define rtunit_run
.PHONY: test-$(1)
test-$(1):
	test/run.sh $$^
endef
$(foreach l,$(RT_LAYERS),$(eval $(call rtunit_run,$(l)))$(foreach r,$(RUNTIMES),$(eval $(call rtunit_rule,$(l),$(r)))))

# test/unit/mutants: in virtual time only, where a seed is a schedule.
MUTANT_TESTS := $(patsubst test/unit/%_test.c,$(BUILD)/test/%,$(wildcard test/unit/mutants/*_test.c))
MUTANT_LIBS := $(call rtlib,rt,vtime) $(foreach l,$(RT_COMMON_x86),$(call lib,$(l)))
UNITS += $(MUTANT_TESTS)
.PHONY: test-mutants
test-mutants: $(MUTANT_TESTS)
	test/run.sh $^
$(BUILD)/lib/mutants.a: $(patsubst %.c,$(BUILD)/obj-mutants/%.o,$(call src,$(DIR_core)) $(call src,$(DIR_x86)) $(call src,$(DIR_shadow)) $(call src,$(DIR_arm64)))
	@rm -f $@
	$(call say,AR)$(CROSS)ar rcs $@ $^
$(BUILD)/test/mutants/%: $(BUILD)/obj-mutants/test/unit/mutants/%_test.o $(BUILD)/lib/mutants.a $(MUTANT_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -o $@ $< -Wl,--start-group $(BUILD)/lib/mutants.a $(MUTANT_LIBS) -Wl,--end-group $(TEST_LIBS)

# --- tests, demo, bench ------------------------------------------------------
E2E := $(sort $(wildcard test/e2e/*.sh))

# Whoever gave no -j gets one job per CPU for the building.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

check: deps
	@scripts/deps.sh $(if $(filter no,$(DEPS)),no,browser) || echo "deps: pages are not tried in a browser" >&2
	+@$(MAKE) --no-print-directory $(JOBS) all units DEPS=no
	+@$(MAKE) --no-print-directory check-run DEPS=no

check-run: all units check-layers
	BUILD=$(BUILD) test/run.sh $(UNITS) $(E2E)

demo: deps
	+@$(MAKE) --no-print-directory $(JOBS) all DEPS=no
	BUILD=$(BUILD) scripts/demo.sh $(BUILD)/demo

bench: all
	@scripts/deps.sh $(if $(filter no,$(DEPS)),no,bench)
	+@$(MAKE) --no-print-directory -f test/bench/Makefile BUILD=$(BUILD) bench

# How often change points are found that are none, and how often those that are: docs/statistics.md.
bench-changes: all
	BUILD=$(BUILD) test/bench/changes.sh

check-data: all
	BUILD=$(BUILD) test/check-data.sh "$(DATA)"

deps:
	@scripts/deps.sh "$(DEPS)"

check-layers:
	@scripts/check-layers.sh

lint:
	@scripts/lint.sh

man: all
	scripts/man.sh $(BUILD)/mmulab $(BUILD)/man

install: all man
	install -D -m 755 $(BUILD)/mmulab $(DESTDIR)$(PREFIX)/bin/mmulab
	$(if $(KVMLOAD),install -m 755 $(KVMLOAD) $(DESTDIR)$(PREFIX)/bin/)
	install -d $(DESTDIR)$(PREFIX)/share/mmulab/policies $(DESTDIR)$(PREFIX)/share/mmulab/costs \
		$(DESTDIR)$(PREFIX)/share/mmulab/plots $(DESTDIR)$(PREFIX)/share/mmulab/sql \
		$(DESTDIR)$(PREFIX)/share/mmulab/profiles $(DESTDIR)$(PREFIX)/share/mmulab/dashboard \
		$(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 policies/*.ini $(DESTDIR)$(PREFIX)/share/mmulab/policies/
	install -m 644 costs/*.ini $(DESTDIR)$(PREFIX)/share/mmulab/costs/
	install -m 644 capture/profiles/* $(DESTDIR)$(PREFIX)/share/mmulab/profiles/
	install -m 644 analysis/plots/* $(DESTDIR)$(PREFIX)/share/mmulab/plots/
	install -m 644 analysis/sql/* $(DESTDIR)$(PREFIX)/share/mmulab/sql/
	install -m 644 analysis/dashboard/* $(DESTDIR)$(PREFIX)/share/mmulab/dashboard/
	install -m 644 $(BUILD)/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/

clean:
	rm -rf "$(BUILD)"

-include test/damage/*.mk test/fuzz/*.mk
units: $(UNITS)
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
