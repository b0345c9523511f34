# tocsin - streaming anomaly alerts for trading events
#
#   make            build/tocsin            make demo    the main job on real input, from nothing
#   make check      fast tests, < 60 s      make test    every test, real Kafka included
#   make bench      build/bench.json        make install DESTDIR= PREFIX=/usr/local
#   make evaluate-rules   what the rules find of injected episodes: a table
#   make format     clang-format            make reference   conf/tocsin.yaml from the option table
#
# SANITIZE=address,undefined or SANITIZE=thread builds into build/<variant>/; WERROR=1 as in CI.

PREFIX ?= /usr/local
VERSION := 0.1.0
SANITIZE ?=
WERROR ?=
CC ?= gcc
CXX ?= g++
O ?= build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
comma := ,

PACKAGES := rdkafka jansson libcurl yaml-0.1 sqlite3 libmicrohttpd libsystemd libzstd zlib libcrypto
# Room by room, what each may use: the same list links the tests and is checked by
# scripts/check-includes. Later ones may include earlier ones only as written here.
ROOMS := core expr store metrics conf source decode calendar book features detect policy journal outbox sink console episodes engine lab app
USES_core :=
USES_expr := core
USES_store := core
USES_metrics := core
USES_conf := core
USES_source := core
USES_decode := core
USES_calendar := core
USES_book := core
USES_features := expr core calendar book
USES_detect := expr core
USES_policy := core
USES_journal := store core
USES_outbox := store core
USES_sink := core
USES_console := core
USES_episodes := core
USES_engine := core expr metrics conf source decode calendar book features detect policy
USES_lab := core expr metrics conf source decode calendar book features detect policy engine
USES_app := core expr store metrics conf source decode calendar book features detect policy journal outbox sink console episodes engine lab

OPT ?= -O2
WARN := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wformat=2 -Wundef
COMMON = $(OPT) -g -pthread -fPIE -fstack-protector-strong -ffp-contract=off $(WARN) \
	$(if $(WERROR),-Werror) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer, \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) \
	-D_GNU_SOURCE -DTOCSIN_VERSION='"$(VERSION)"' -Iinclude -Isrc -MMD -MP
LIBS_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lsimdjson -lcctz -lm
CFLAGS_ALL = -std=gnu17 -Wstrict-prototypes -Wmissing-prototypes $(COMMON) $(LIBS_CFLAGS) $(CFLAGS)
CXXFLAGS_ALL = -std=gnu++17 -fno-rtti $(COMMON) $(CXXFLAGS)
LDFLAGS_ALL = -pie -pthread -Wl,-z,relro,-z,now -rdynamic $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

objects = $(patsubst %,$(O)/%.o,$(wildcard src/$(1)/*.c src/$(1)/*.cc))
archive = $(O)/lib$(1).a
# Test programs: test/unit/<room>/test_x.c -> $(O)/test/unit/<room>/test_x, linked with that room
# and what it uses only.
UNIT := $(patsubst %.c,$(O)/%,$(wildcard test/unit/*/test_*.c))
PROPERTY := $(patsubst %.c,$(O)/%,$(wildcard test/property/*/test_*.c))
FUZZ := $(patsubst %.c,$(O)/%,$(wildcard test/fuzz/fuzz_*.c))
TOOLS := $(patsubst %.c,$(O)/%,$(wildcard test/tools/*.c))
BENCH := $(patsubst %.c,$(O)/%,$(wildcard test/bench/*.c))

# What ThreadSanitizer needs to see librdkafka's threads.
TSAN := $(if $(findstring thread,$(SANITIZE)),$(O)/test/tsan/c11_threads.c.o)

.PHONY: all demo test check bench evaluate-rules install format format-check clean units properties fuzz tools reference
all: $(O)/tocsin

$(O)/tocsin: $(TSAN) $(foreach r,$(ROOMS),$(call archive,$(r)))
	$(call say,LD,$@)
	$(Q)$(CXX) $(LDFLAGS_ALL) -o $@ -Wl,--start-group $^ -Wl,--end-group $(LIBS)

define room
$(call archive,$(1)): $(call objects,$(1))
	$(call say,AR,$$@)
	$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

$(O)/%.c.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(O)/%.cc.o: %.cc Makefile
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(CXXFLAGS_ALL) -c -o $@ $<

# A test of room R links R and USES_R, so that a hidden dependency fails to link.
define room_tests
$(filter $(O)/test/unit/$(1)/% $(O)/test/property/$(1)/%,$(UNIT) $(PROPERTY)): \
		$(O)/%: $(O)/%.c.o $(TSAN) $(call archive,$(1)) $(foreach u,$(USES_$(1)),$(call archive,$(u)))
	$(call say,LD,$$@)
	$(Q)$(CXX) $(LDFLAGS_ALL) -o $$@ $$< $(TSAN) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $(LIBS) -lcheck -lsubunit
endef
$(foreach r,$(ROOMS),$(eval $(call room_tests,$(r))))

$(O)/src/app/embedded.c.o: $(wildcard conf/demo/*)
$(O)/src/conf/shipped.c.o: $(wildcard conf/calendars/*)

# Fuzz targets run their corpus with a plain main; test/fuzz/README.md says how to fuzz for real.
$(FUZZ) $(TOOLS) $(BENCH): $(O)/%: $(O)/%.c.o $(TSAN) $(foreach r,$(ROOMS),$(call archive,$(r)))
	$(call say,LD,$@)
	$(Q)$(CXX) $(LDFLAGS_ALL) -o $@ $< $(TSAN) -Wl,--start-group $(filter-out %/libapp.a,$(filter %.a,$^)) -Wl,--end-group $(LIBS)

units: $(UNIT)
properties: $(PROPERTY)
fuzz: $(FUZZ)
tools: $(TOOLS)

demo:
	@scripts/setup demo
	@$(MAKE) --no-print-directory all
	@$(O)/tocsin demo

check: all units properties fuzz tools
	@test/run --fast --build $(O)

test:
	@scripts/setup test
	@test/all

bench:
	@scripts/setup test
	@$(MAKE) --no-print-directory all tools $(BENCH)
	@test/bench/run --build $(O)

evaluate-rules: all
	@test/evaluate-rules --build $(O)

reference: $(O)/tocsin
	$(O)/tocsin config --reference > conf/tocsin.yaml
	$(O)/tocsin detectors --page > conf/rule-language.md

install: $(O)/tocsin
	install -Dm755 $(O)/tocsin $(DESTDIR)$(PREFIX)/bin/tocsin
	install -Dm644 -t $(DESTDIR)$(PREFIX)/include/tocsin include/tocsin/*.h
	install -Dm644 conf/tocsin.yaml $(DESTDIR)$(PREFIX)/share/doc/tocsin/tocsin.yaml
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/doc/tocsin conf/*.md
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/tocsin/calendars conf/calendars/*.yaml
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/tocsin/rules \
		$(filter-out %.test.yaml,$(wildcard conf/rules/*.yaml)) conf/rules/*.md
	install -Dm644 src/app/tocsin.1 $(DESTDIR)$(PREFIX)/share/man/man1/tocsin.1
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,@PREFIX@,$(PREFIX),g' systemd/tocsin.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/tocsin.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/tocsin.service

FORMATTED := $(wildcard src/*/*.c src/*/*.cc test/*/*.c test/*/*/*.c)
format:
	clang-format -i $(FORMATTED)
format-check:
	clang-format --dry-run -Werror $(FORMATTED)

clean:
	rm -rf build

-include $(shell find $(O) -name '*.d' 2>/dev/null)
