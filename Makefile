# make demo   set everything up, export with quantisation, find the lines of a sample waybill
# make test   everything that CI runs
# Others: setup (.venv), style (mend the style), fonts (Debian), weights and ship (how the shipped weights were made)
PYTHON ?= python3
BIN := .venv/bin
DATA ?= ../shared/data
FONTS := fonts-noto-cjk fonts-arphic-ukai fonts-arphic-uming fonts-wqy-microhei fonts-wqy-zenhei fonts-dejavu \
	fonts-liberation fonts-noto-core
export OMP_WAIT_POLICY = passive

.PHONY: setup demo test style weights ship fonts

setup: .venv/ready

# Plain packages and pinned versions; on Linux torch comes as its CUDA build, so the first time takes some minutes.
.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "expected Python 3.10 or newer: make PYTHON=python3.11 …"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --retries 10 --timeout 120 -c constraints.txt -e '.[train,export,dev]'
	touch $@

demo: setup
	$(BIN)/python -m export.onnx --quantize --out out
	$(BIN)/python -m ctpn examples/waybill.jpg --model out/mobile-int8.onnx --overlay out/waybill.png
	@echo "the picture: out/waybill.png"

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -rs

style: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# How the shipped weights were made (ctpn/weights/mobile.json has the figures): hours on two cores; a run that is
# stopped goes on when it is given again. Then `make ship` takes them over.
weights: setup
	nice $(BIN)/python -m ctpn.data.synth --out .cache/synth --count 4000 --seed 1
	OMP_NUM_THREADS=1 nice $(BIN)/torchrun --nproc-per-node 2 -m ctpn.train detector --out .train/detector --steps 2800 \
		--set $(DATA)/sroie:0.4 --set $(DATA)/icdar2015:0.25:bridge --set .cache/synth:0.35

ship: setup
	$(BIN)/python -m export.stamp .train/detector/weights.safetensors ctpn/weights/mobile.safetensors
	$(BIN)/python -m export.onnx --quantize --out out
	cp out/mobile.onnx out/mobile-int8.onnx ctpn/weights/
	$(BIN)/python -m ctpn examples/waybill.jpg --overlay docs/waybill.png
	$(BIN)/python -m benchmarks.peers
	$(BIN)/python -m benchmarks.stages
	$(BIN)/python -m benchmarks.card
	$(BIN)/python -m benchmarks.readme

# Fonts for the synthetic pages; without them the tests that draw Chinese are skipped. Nothing is fetched if all are there.
fonts:
	@dpkg -s $(FONTS) > /dev/null 2>&1 || { apt-get update -q && apt-get install -y -q --no-install-recommends $(FONTS); }
