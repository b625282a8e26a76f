# The board service and OpenTelemetry for C FastCGI. `make help` lists what can be typed.

# --- settings: each may be given on the command line -----------------------------------------
MODE   ?= release# release, debug, asan (with UBSan), tsan, coverage, fuzz
BUILD  ?= build/$(MODE)
PREFIX ?= /usr/local
PY     ?= /usr/bin/python3# Debian's own: the test modules belong to it
CC     ?= cc

# --- flags --------------------------------------------------------------------------------------
FLAGS_release  := -O2 -g
FLAGS_debug    := -O0 -g3
FLAGS_asan     := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_tsan     := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
FLAGS_coverage := -O0 -g --coverage -fprofile-update=atomic
FLAGS_fuzz     := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
            -Wwrite-strings -Wundef -Wformat=2 -Wvla
BOARD_CFLAGS := -std=c11 -D_GNU_SOURCE $(WARNINGS) $(if $(CI),-Werror) -fvisibility=hidden \
                -fstack-protector-strong -fPIC -pthread $(FLAGS_$(MODE)) -Iotel/include -Iotel -Ifcgi_app
# The recorder is loaded at start, so its thread-local lookups, and its calls to itself, cost nothing.
TLS_CFLAGS := -ftls-model=initial-exec -fno-semantic-interposition
RPATH := -Wl,-rpath,'$$ORIGIN/../lib'

# --- sources ------------------------------------------------------------------------------------
sources = $(sort $(wildcard $(addsuffix /*.c,$(1))))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

BASE_OBJ    := $(call objects,$(call sources,otel/base))
SEGMENT_OBJ := $(call objects,$(call sources,otel/segment))
STATUS_OBJ  := $(call objects,$(filter-out %/main.c,$(call sources,otel/status)))
RECORD_OBJ  := $(call objects,$(call sources,otel/record))
HOOKS_OBJ   := $(call objects,$(call sources,otel/hooks))
AGENT_OBJ   := $(call objects,$(sort $(wildcard otel/agent/*.c otel/agent/*/*.c)))
MAIN_SRC    := $(sort $(wildcard fcgi_app/main_*.c))
APP_OBJ     := $(call objects,$(filter-out $(MAIN_SRC),$(call sources,fcgi_app fcgi_app/http fcgi_app/handlers fcgi_app/store fcgi_app/view)))
APP_BIN     := $(patsubst fcgi_app/main_%.c,$(BUILD)/bin/%,$(MAIN_SRC))
LIBOTEL     := $(BUILD)/lib/libotel.so
LIBHOOKS    := $(BUILD)/lib/libotel_hooks.so
LAUNCHER    := $(BUILD)/bin/otel-instrument
STATUS      := $(BUILD)/bin/otel-status
UNIT_BIN    := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(sort $(shell find tests/unit -name 'test_*.c' 2>/dev/null)))
FAKES_OBJ   := $(call objects,$(call sources,tests/fakes))
FAKE_CLOCK  := $(BUILD)/obj/tests/fakes/fake_clock.o

AGENT_LIBS := -lcurl -ljson-c -lz -ldw -lelf -lsqlite3 -lyaml -lm
APP_LIBS   := -lfcgi -lsqlite3 -lm

# --- rules --------------------------------------------------------------------------------------
# One short line a file; V=1 shows the commands, make -s nothing.
SHOW = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-4s %s\n' $(1) $@;)

all: $(LIBOTEL) $(LIBHOOKS) $(LAUNCHER) $(STATUS) $(APP_BIN) ## build everything into build/
	@:

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call SHOW,CC)$(CC) $(BOARD_CFLAGS) $(if $(filter otel/record/% otel/hooks/%,$<),$(TLS_CFLAGS)) $(CFLAGS) -MMD -MP -c $< -o $@

# The schema travels inside the programs, as text.
$(BUILD)/gen/schema.inc: sql/embed.sh $(sort $(wildcard sql/*.sql))
	@mkdir -p $(@D)
	$(call SHOW,GEN)sh $^ > $@.part && mv $@.part $@
$(BUILD)/obj/fcgi_app/store/schema.o: $(BUILD)/gen/schema.inc
$(BUILD)/obj/fcgi_app/store/schema.o: BOARD_CFLAGS += -I$(BUILD)/gen

$(LIBOTEL): $(RECORD_OBJ) $(SEGMENT_OBJ) $(BASE_OBJ)
	@mkdir -p $(@D)
	$(call SHOW,LD)$(CC) $(BOARD_CFLAGS) -shared -Wl,-soname,libotel.so -Wl,--no-undefined $^ $(LDFLAGS) -o $@

$(LIBHOOKS): $(HOOKS_OBJ) $(BUILD)/libbase.a $(LIBOTEL)
	@mkdir -p $(@D)
	$(call SHOW,LD)$(CC) $(BOARD_CFLAGS) -shared -Wl,-soname,libotel_hooks.so -Wl,-rpath,'$$ORIGIN' $(HOOKS_OBJ) $(BUILD)/libbase.a \
	    -L$(BUILD)/lib -lotel -ldl $(LDFLAGS) -o $@

$(LAUNCHER): $(AGENT_OBJ) $(SEGMENT_OBJ) $(BASE_OBJ)
$(STATUS): $(call objects,otel/status/main.c) $(STATUS_OBJ) $(SEGMENT_OBJ) $(BASE_OBJ)
$(LAUNCHER) $(STATUS):
	@mkdir -p $(@D)
	$(call SHOW,LD)$(CC) $(BOARD_CFLAGS) $^ $(LDFLAGS) $(if $(filter $(LAUNCHER),$@),$(AGENT_LIBS)) -o $@

$(BUILD)/bin/%: $(BUILD)/obj/fcgi_app/main_%.o $(BUILD)/libapp.a $(BUILD)/libstatus.a $(BUILD)/libsegment.a $(BUILD)/libbase.a $(LIBOTEL)
	@mkdir -p $(@D)
	$(call SHOW,LD)$(CC) $(BOARD_CFLAGS) $(filter %.o %.a,$^) -L$(BUILD)/lib -lotel $(RPATH) $(LDFLAGS) $(APP_LIBS) -o $@

$(BUILD)/libbase.a: $(BASE_OBJ)
$(BUILD)/libsegment.a: $(SEGMENT_OBJ)
$(BUILD)/libstatus.a: $(STATUS_OBJ)
$(BUILD)/librecord.a: $(RECORD_OBJ)
# Not the rest of them: it would wrap the tests' own calls.
$(BUILD)/libhooks.a: $(call objects,$(addprefix otel/hooks/,answer.c severity.c sql_text.c url_full.c))
$(BUILD)/libagent.a: $(filter-out %/agent/main.o,$(AGENT_OBJ))
$(BUILD)/libapp.a: $(APP_OBJ)
$(BUILD)/libfakes.a: $(filter-out $(FAKE_CLOCK),$(FAKES_OBJ))
$(BUILD)/lib%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call SHOW,AR)ar qcs $@ $^

# A unit test takes from the archives what it refers to; the fake clock only where it includes it.
UNIT_LIBS := $(addprefix $(BUILD)/lib,fakes.a app.a status.a agent.a hooks.a record.a segment.a base.a)
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(FAKE_CLOCK) $(UNIT_LIBS)
	@mkdir -p $(@D)
	$(call SHOW,LD)$(CC) $(BOARD_CFLAGS) $< `grep -q fake_clock.h $(<:.o=.d) && echo $(FAKE_CLOCK)` $(UNIT_LIBS) \
	    $(LDFLAGS) -lcmocka $(APP_LIBS) $(AGENT_LIBS) -o $@

.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# --- tests and checks ---------------------------------------------------------------------------
.PHONY: all check layers objects test unit unit-programs system torture fuzz bench format deps collector run start stop status doctor back-ends \
        restart up down test-stack install clean help
check: ## formatting, warnings of gcc and clang, layers, sizes, symbols, generated files
	@$(PARALLEL) -s all
	@$(PY) tests/lint/run $(BUILD)

layers: ## who may include whom
	@$(PY) tests/lint/check_layers.py

# All that a compiler has to say: every source, and every header of ours alone, included twice.
objects: $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(shell find otel fcgi_app tests -name '*.c' 2>/dev/null))) \
         $(patsubst %.h,$(BUILD)/obj/alone/%.o,$(sort $(shell find otel fcgi_app -name '*.h')))
$(BUILD)/obj/alone/%.o: %.h
	@mkdir -p $(@D)
	@printf '#include "%s"\n#include "%s"\nextern int alone;\n' $< $< | \
	    $(CC) $(BOARD_CFLAGS) $(CFLAGS) -I. -MMD -MP -MF $(@:.o=.d) -MT $@ -x c -c - -o $@

PARALLEL := $(MAKE) --no-print-directory -j$(shell nproc)
test: ## installs what is missing, builds, runs every test; ends with one line of counts
	@fcgi_app/service/install_packages run test
	@$(PARALLEL) MODE=release BUILD=build/release all collector unit-programs
	@$(PARALLEL) MODE=asan BUILD=build/asan unit-programs
	@$(PARALLEL) MODE=tsan BUILD=build/tsan unit-programs
	@$(PY) tests/run build/release build/asan build/tsan

unit-programs: $(UNIT_BIN)
unit: unit-programs ## the unit tests of this MODE
	@$(PY) tests/run --unit $(BUILD)
system: all collector unit-programs ## the system and contract tests
	@cd tests && BUILD=$(abspath $(BUILD)) $(PY) -m pytest
torture: all collector unit-programs ## 30 minutes of faults under load; ROW=F6 one of them
	@BUILD=$(abspath $(BUILD)) $(PY) tests/torture/run $(ROW)
fuzz: ## random bytes into every parser, SECONDS=60 each
bench: ## one table of speed and cost, against peers and targets; ROW=L1 one row, LONG=1 all
fuzz bench:
	@fcgi_app/service/install_packages run $@
	@tests/$@/run

format: ## put every C file into the shape of .clang-format
	clang-format -i $(sort $(shell find otel fcgi_app tests -name '*.[ch]'))

# --- what a person types ------------------------------------------------------------------------
# PORT=…, VAR=… and the other settings of fcgi_app/service/settings.sh reach the control as they are.
CONTROL := BUILD=$(BUILD) fcgi_app/service/control

deps: ## install the Debian packages that are missing (sudo when not root)
	@fcgi_app/service/install_packages run

# Where none can be had the launchers write their files themselves.
collector: ## get an OpenTelemetry Collector, once
	@otel/collector/get_collector >/dev/null || true

run: ## everything in the foreground: installs, builds, starts, follows the logs; Ctrl-C stops
start: ## the same in the background
run start: deps
	@$(PARALLEL) all
	@$(CONTROL) $@

stop: ## drain, flush, and leave nothing running
status: ## a table of what runs
doctor: ## what ails: programs, folders, ports, limits, the database; changes nothing
back-ends: ## Jaeger, Prometheus and Loki without containers, beside make run; Ctrl-C stops them
stop status doctor back-ends:
	@$(CONTROL) $@

restart: ## POOL=board: replace its workers one by one, losing no request; all pools without POOL
	@$(CONTROL) restart $(POOL)

up: ## the whole stack in containers: the service, collector, Jaeger, Prometheus, Loki
down: ## stop them; the data stays in volumes
up down:
	@fcgi_app/service/stack $@

test-stack: ## the tests of the stack in containers
	@fcgi_app/service/install_packages run stack
	@$(PARALLEL) all collector
	@cd tests && BUILD=$(abspath $(BUILD)) $(PY) -m pytest stack

install: all ## the launcher, its libraries and headers below PREFIX (and DESTDIR)
	install -D -t $(DESTDIR)$(PREFIX)/bin $(LAUNCHER) $(STATUS)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/otel $(LIBOTEL) $(LIBHOOKS)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/otel otel/include/otel/*.h

clean: ## remove what was built and what runs left, the database too
	@$(CONTROL) clean && rm -rf build

help: ## what can be typed
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "Settings, as make run PORT=8080:"
	@sed -n 's/^: "$${\([A-Z_]*\):=\(.*\)}" *#* *\(.*\)/  \1=\2  \3/p' fcgi_app/service/settings.sh
