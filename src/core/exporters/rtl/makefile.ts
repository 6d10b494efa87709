/** The Makefile of rtl/: GNU make, a POSIX shell, a simulator. Nothing in it depends on the model. */

export const makefile = String.raw`# make            simulate every op with Icarus Verilog; exit status 0 only if every output compared is right
# make -j8        the same, eight at a time
# make ALL=1      every output of every op, not only the sample in vec/
# make DUT=dir    with the modules in dir instead of those in dut/ (same names and ports: see README.md)
# make build/0003_fc.log    one op
# make lint       Verilator's lint of the DUT, with the parameters of every op
# make verilator  simulate every op with Verilator 5 (compiles each: slow)
IVERILOG ?= iverilog
VVP ?= vvp
VERILATOR ?= verilator
DUT ?= dut
BUILD ?= build

OPS := $(patsubst ops/%.sv,%,$(sort $(wildcard ops/*.sv)))
SOURCES := $(sort $(wildcard $(DUT)/*.sv)) $(sort $(wildcard tb/*.sv))
LOGS := $(OPS:%=$(BUILD)/%.log)
VERILATED := $(OPS:%=$(BUILD)/%.vlog)
PLUS := $(if $(ALL),+all)
RUN = > $@ 2>&1 || echo "FAIL: the simulator ended with status $$?" >> $@; tail -n 1 $@

all: $(LOGS)
	@$(call summary,log)

verilator: $(VERILATED)
	@$(call summary,vlog)

define summary
failed=0; for op in $(OPS); do log=$(BUILD)/$$op.$(1); \
if ! grep -q '^PASS' $$log || grep -q '^WARNING\|^ERROR\|^FATAL\|^MISMATCH' $$log; then failed=$$((failed + 1)); \
echo "-- $$op"; grep -v '^PASS' $$log | head -n 20; fi; done; \
if [ $$failed -ne 0 ]; then echo "FAILED: $$failed of $(words $(OPS)) test benches"; exit 1; fi; \
echo "OK: $(words $(OPS)) test benches"
endef

$(BUILD)/%.vvp: ops/%.sv $(SOURCES)
	@mkdir -p $(BUILD)
	@$(IVERILOG) -g2012 -s bench -o $@ $(SOURCES) $<

# always run again: the files that a bench reads may have changed
$(BUILD)/%.log: $(BUILD)/%.vvp FORCE
	@$(VVP) -n $< $(PLUS) $(RUN)

$(BUILD)/%.exe: ops/%.sv $(SOURCES)
	@mkdir -p $(BUILD)
	@$(VERILATOR) --binary --timing -Wno-fatal -Wno-lint -Wno-style -O3 --top-module bench -Mdir $(BUILD)/$*.obj -o ../$*.exe $(SOURCES) $< > $(BUILD)/$*.verilate.log 2>&1 || { cat $(BUILD)/$*.verilate.log; exit 1; }

$(BUILD)/%.vlog: $(BUILD)/%.exe FORCE
	@$(BUILD)/$*.exe $(PLUS) $(RUN)

lint: $(OPS:%=lint/%)

lint/%: ops/%.sv
	@$(VERILATOR) --lint-only --timing -Wall -Wno-UNUSED -Wno-BLKSEQ -Wno-DECLFILENAME -Wno-MULTITOP --top-module bench $(SOURCES) $<

clean:
	rm -rf $(BUILD)

FORCE:

.PHONY: all verilator lint clean FORCE
.SECONDARY:
`;
