# Every target sets up what it needs by itself. The build proper is CMake's (CMakePresets.json); this file only drives it.
PRESET ?= release
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc)
BUILD  := build/$(PRESET)
# For instance: make test CORNU_WERROR=ON
OPTIONS := $(foreach option,CORNU_WERROR CORNU_PRECOMPILE CORNU_UNITY,$(if $($(option)),-D$(option)=$($(option))))

.DEFAULT_GOAL := help
.PHONY: help deps configure build run test gpu-rings gpu-test gpu-bench quick exhaustive bench install format clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo "  PRESET=release|debug|asan|tsan, JOBS=n and PREFIX=folder may be added."

deps: ## install the system packages that are missing (docs/dependencies.md)
	@tools/deps build

configure: deps
	@cmake --preset $(PRESET) $(OPTIONS)

build: configure ## build the library, the program, the examples and the tests into build/PRESET
	@cmake --build $(BUILD) --parallel $(JOBS)

run: build ## show the devices, then train the seed network on MNIST
	@tools/demo $(BUILD)

test: build ## run every test; where no NVRTC is, it is fetched into the build folder
	@tools/nvrtc $(BUILD)
	@ctest --test-dir $(BUILD) --parallel $(JOBS) --output-on-failure --no-tests=error
	@tools/rings $(BUILD)

gpu-rings: build ## the proofs without a GPU alone: kernels compiled, plans accepted, programs run on the virtual GPU
	@tools/nvrtc $(BUILD)
	@ctest --test-dir $(BUILD) --parallel $(JOBS) --output-on-failure --no-tests=error --label-regex 'nvrtc|cudnn|virtual'
	@tools/rings $(BUILD)

gpu-test: build ## pack what only a GPU can prove into build/PRESET/gpu-test.tgz, which runs on any Linux with one (docs/gpu-verification.md)
	@tools/gpu_pack gpu-test $(BUILD)

gpu-bench: build ## pack the measurements on a GPU, beside PyTorch and JAX where these are there, into build/PRESET/gpu-bench.tgz
	@tools/gpu_pack gpu-bench $(BUILD)

quick: build ## run the tests that take under a minute together
	@ctest --test-dir $(BUILD) --parallel $(JOBS) --output-on-failure --no-tests=error --label-regex quick

exhaustive: build ## run what `test` leaves out: every float32 through each function, thousands of random kernel programs and graphs
	@$(BUILD)/tests/cornu_tests --gtest_filter='*Exhaustive.*'

bench: build ## measure, and compare with Keras, JAX and PyTorch on the same machine
	@tools/deps bench
	-@bench/peers/setup torch
	@python3 bench/run.py

install: build ## install headers, library, program and CMake package into PREFIX
	@cmake --install $(BUILD) --prefix $(PREFIX)

format: ## format every C++ file (the tables of *_vector.cpp are laid out by hand)
	@tools/deps format
	@git ls-files -co --exclude-standard '*.h' '*.cpp' ':!*_vector.cpp' | xargs -r clang-format -i

clean: ## remove everything that was built
	rm -rf build
