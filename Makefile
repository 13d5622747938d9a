# make demo   set everything up, export with quantisation, find the lines of a sample waybill
# make test   everything that CI runs
# make android   the Android app: all its tests, then an APK, whose path is the last line printed
# Others: setup (.venv), style (mend the style), fonts (Debian), weights, ship and measure (how the shipped weights and the report were made),
# arm (an emulated ARM machine, for benchmarks.arm and its test), keras-fixtures (files of real Keras for the tests)
PYTHON ?= python3
BIN := .venv/bin
DATA ?= ../shared/data
# npm may come with another Node.js than Debian's.
ANDROID_TOOLS = openjdk-17-jdk-headless maven zip unzip aapt zipalign apksigner $(shell command -v npm > /dev/null || echo npm)
EMULATION := qemu-user gcc libc6-dev
FONTS := fonts-noto-cjk fonts-arphic-ukai fonts-arphic-uming fonts-wqy-microhei fonts-wqy-zenhei fonts-dejavu \
	fonts-liberation fonts-noto-core
# The recogniser learns from these as well: only `make weights` wants them.
MORE_FONTS := fonts-lxgw-wenkai fonts-smiley-sans fonts-arphic-gbsn00lp fonts-arphic-gkai00mp fonts-noto-cjk-extra \
	fonts-droid-fallback fonts-babelstone-han fonts-cns11643-kai fonts-cns11643-sung fonts-hanazono fonts-firacode \
	fonts-mononoki fonts-hermit fonts-agave fonts-roboto-unhinted fonts-open-sans fonts-lato fonts-urw-base35 \
	fonts-freefont-ttf fonts-inconsolata fonts-cantarell fonts-crosextra-carlito fonts-crosextra-caladea fonts-texgyre \
	fonts-lmodern fonts-croscore fonts-hack fonts-jetbrains-mono fonts-comfortaa fonts-ocr-a fonts-linuxlibertine \
	fonts-ebgaramond fonts-quattrocento fonts-sil-gentium fonts-play fonts-quicksand fonts-anonymous-pro \
	fonts-terminus-otb fonts-courier-prime fonts-cabin fonts-dosis fonts-gfs-didot fonts-league-spartan fonts-noto-mono \
	fonts-prociono fonts-ricty-diminished fonts-jura fonts-karla fonts-vollkorn fonts-yanone-kaffeesatz \
	fonts-averia-sans-gwf fonts-humor-sans
STRIPS := --set .cache/strips/sroie:0.12 --set .cache/strips/sroie-found:0.12 --set .cache/strips/icdar2015:0.05 \
	--set .cache/strips/icdar2015-found:0.02
MORE_STRIPS := --set .cache/strips/sroie:0.08 --set .cache/strips/sroie-found:0.15 --set .cache/strips/icdar2015:0.03 \
	--set .cache/strips/icdar2015-found:0.015 --set .cache/strips/synth-waybills:0.05 --set .cache/strips/synth-waybills-found:0.09 \
	--set .cache/strips/synth:0.06 --set .cache/strips/synth-found:0.1 --set .cache/strips/synth-signs:0.025
LAST_STRIPS := --set .cache/strips/sroie:0.08 --set .cache/strips/sroie-found:0.14 --set .cache/strips/icdar2015:0.02 \
	--set .cache/strips/icdar2015-found:0.015 --set .cache/strips/synth-waybills:0.02 --set .cache/strips/synth-waybills-found:0.04 \
	--set .cache/strips/synth-waybills-7:0.03 --set .cache/strips/synth-waybills-7-found:0.07 --set .cache/strips/synth:0.05 \
	--set .cache/strips/synth-found:0.08 --set .cache/strips/synth-forms:0.03 --set .cache/strips/synth-forms-found:0.08 \
	--set .cache/strips/synth-signs:0.015
FINAL_STRIPS := --set .cache/strips/sroie:0.07 --set .cache/strips/sroie-found:0.13 --set .cache/strips/icdar2015:0.02 \
	--set .cache/strips/icdar2015-found:0.015 --set .cache/strips/synth-waybills:0.02 --set .cache/strips/synth-waybills-found:0.05 \
	--set .cache/strips/synth-waybills-7:0.03 --set .cache/strips/synth-waybills-7-found:0.09 --set .cache/strips/synth:0.04 \
	--set .cache/strips/synth-found:0.07 --set .cache/strips/synth-forms:0.03 --set .cache/strips/synth-forms-found:0.1 \
	--set .cache/strips/synth-signs:0.015
GPU_STRIPS := --set .cache/strips/sroie:0.07 --set .cache/strips/sroie-found:0.12 --set .cache/strips/icdar2015:0.02 \
	--set .cache/strips/icdar2015-found:0.015 --set .cache/strips/synth-waybills-9:0.04 --set .cache/strips/synth-waybills-9-found:0.14 \
	--set .cache/strips/synth-9:0.04 --set .cache/strips/synth-9-found:0.07 --set .cache/strips/synth-forms-9:0.04 \
	--set .cache/strips/synth-forms-9-found:0.12 --set .cache/strips/synth-signs-9:0.01 --set .cache/strips/synth-signs-9-found:0.005
INT8_STRIPS := --set .cache/strips/sroie:0.07 --set .cache/strips/sroie-found:0.13 --set .cache/strips/icdar2015:0.02 \
	--set .cache/strips/icdar2015-found:0.015 --set .cache/strips/synth-waybills-11:0.05 --set .cache/strips/synth-waybills-11-found:0.14 \
	--set .cache/strips/synth-11:0.04 --set .cache/strips/synth-11-found:0.07 --set .cache/strips/synth-forms-11:0.03 \
	--set .cache/strips/synth-forms-11-found:0.1 --set .cache/strips/synth-signs-11:0.015
FONT_FOLDERS := --fonts /usr/share/fonts --fonts .cache/fonts
PAGES := nice $(BIN)/python -m ctpn.synthesis.pages $(FONT_FOLDERS)
export OMP_WAIT_POLICY = passive

.PHONY: setup demo test android android-tools android-screenshots style weights detector recognizer ship measure formats fonts more-fonts web-fonts arm keras-fixtures

setup: .venv/ready

# Plain packages and pinned versions; on Linux torch comes as its CUDA build, so the first time takes some minutes.
.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "expected Python 3.10 or newer: make PYTHON=python3.11 …"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --retries 10 --timeout 120 -c constraints.txt -e '.[train,export,executorch,dev]'
	touch $@

demo: setup
	$(BIN)/python -m export.onnx --quantize --out out
	$(BIN)/python -m ctpn examples/waybill.jpg --model out/mobile-int8.onnx --overlay out/waybill.png
	@echo "the picture: out/waybill.png"

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -rs

# Without Gradle, the SDK or Google's repository; android-demo/README.md says how, and what Android Studio does instead.
android: setup
	@for tool in javac mvn npm zip unzip aapt2 zipalign apksigner; do command -v $$tool > /dev/null || \
		{ echo "make android: $$tool not found; on Debian: make android-tools" >&2; exit 1; }; done
	$(BIN)/python -m export.bundle --android >&2
	$(BIN)/python -m tests.helpers.reader_case out/reader-case >&2
	rm -rf android-demo/*/target  # classes of files that are no more would be tested and shipped
	mvn -q -B -ntp -f android-demo/pom.xml verify >&2
	@ls $(CURDIR)/android-demo/app/target/ctpn-*-debug.apk

# After a look at them; they are drawn by the app's tests.
android-screenshots: android
	mkdir -p android-demo/docs
	cp android-demo/app/target/screenshots/*.png android-demo/docs/

android-tools:
	@dpkg -s $(ANDROID_TOOLS) > /dev/null 2>&1 || { apt-get update -q && apt-get install -y -q --no-install-recommends $(ANDROID_TOOLS); }

style: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@if command -v mvn > /dev/null; then mvn -q -B -ntp -f android-demo/pom.xml ktlint:format; \
	else echo "make style: mvn not found, so Kotlin stays as it is" >&2; fi

# How the shipped weights were made (ctpn/weights/*.json has the figures): hours on two cores; a run that is stopped
# goes on when it is given again. Then `make ship` takes them over.
weights: detector recognizer

# Pages are drawn by the generator as it is now, and the net is the present one: the shipped weights passed their first four stages
# with two residual blocks fewer, which then began as the identity, and their pages of those stages are from an older generator.
# The fifth stage wants a GPU and sixteen cores, and takes nine minutes there.
detector: setup web-fonts
	nice $(BIN)/python -m ctpn.synthesis.pages --out .cache/synth-1 --count 4000 --seed 1
	nice $(BIN)/python -m ctpn.synthesis.pages --out .cache/synth-1 --count 2500 --seed 200001
	nice $(BIN)/python -m ctpn.synthesis.pages --out .cache/synth-signs-1 --count 2400 --seed 100001 --kind sign
	nice $(BIN)/python -m ctpn.synthesis.pages --out .cache/synth-photos-1 --count 2400 --seed 300001 --photos $(DATA)/icdar2015
	OMP_NUM_THREADS=1 nice $(BIN)/torchrun --nproc-per-node 2 -m ctpn.train detector --out .train/detector --steps 7400 \
		--set $(DATA)/sroie:0.28 --set $(DATA)/icdar2015:0.2:merge_words --set .cache/synth-1:0.22 --set .cache/synth-signs-1:0.12 \
		--set .cache/synth-photos-1:0.18
	$(PAGES) --out .cache/synth --count 1300 --seed 400001
	$(PAGES) --out .cache/synth-signs --count 500 --seed 110001 --kind sign
	$(PAGES) --out .cache/synth-photos --count 700 --seed 310001 --photos $(DATA)/icdar2015
	$(PAGES) --out .cache/synth-waybills --count 300 --seed 450001 --kind waybill
	OMP_NUM_THREADS=1 nice $(BIN)/python -m ctpn.train detector --init .train/detector/weights.safetensors --out .train/detector-2 \
		--steps 6500 --rate 1.2e-3 --set $(DATA)/sroie:0.22 --set $(DATA)/icdar2015:0.17:merge_words --set .cache/synth:0.18 \
		--set .cache/synth-signs:0.14 --set .cache/synth-photos:0.24 --set .cache/synth-waybills:0.05
	$(PAGES) --out .cache/synth-signs-5 --count 1000 --seed 120001 --kind sign
	$(PAGES) --out .cache/synth-photos-5 --count 1200 --seed 320001 --photos $(DATA)/icdar2015
	$(PAGES) --out .cache/synth-forms --count 400 --seed 520001 --kind form
	OMP_NUM_THREADS=1 nice $(BIN)/python -m ctpn.train detector --init .train/detector-2/weights.safetensors --out .train/detector-3 \
		--steps 3350 --rate 1.2e-3 --seed 5 --set $(DATA)/sroie:0.18 --set $(DATA)/icdar2015:0.17:merge_words --set .cache/synth:0.17 \
		--set .cache/synth-forms:0.06 --set .cache/synth-signs-5:0.14 --set .cache/synth-photos-5:0.24 --set .cache/synth-waybills:0.04
	OMP_NUM_THREADS=1 nice $(BIN)/python -m ctpn.train detector --init .train/detector-3/weights.safetensors --out .train/detector-4 \
		--steps 650 --rate 3e-4 --warmup 20 --ema 0.99 --seed 6 --set $(DATA)/sroie:0.34 --set $(DATA)/icdar2015:0.18:merge_words \
		--set .cache/synth:0.14 --set .cache/synth-forms:0.05 --set .cache/synth-signs-5:0.09 --set .cache/synth-photos-5:0.17 \
		--set .cache/synth-waybills:0.03
	$(PAGES) --out .cache/synth-10 --count 2600 --seed 6000001
	$(PAGES) --out .cache/synth-forms-10 --count 2200 --seed 6100001 --kind form
	$(PAGES) --out .cache/synth-waybills-10 --count 2000 --seed 6200001 --kind waybill
	$(PAGES) --out .cache/synth-signs-10 --count 4500 --seed 6300001 --kind sign
	$(PAGES) --out .cache/synth-photos-10 --count 3500 --seed 6400001 --photos $(DATA)/icdar2015
	OMP_NUM_THREADS=1 $(BIN)/python -m ctpn.train detector --init .train/detector-4/weights.safetensors --out .train/detector-5 \
		--makers 8 --batch 48 --steps 4637 --rate 2e-3 --seed 21 --set $(DATA)/sroie:0.24 --set $(DATA)/icdar2015:0.15:merge_words \
		--set .cache/synth-10:0.12 --set .cache/synth-forms-10:0.08 --set .cache/synth-signs-10:0.17 --set .cache/synth-photos-10:0.2 \
		--set .cache/synth-waybills-10:0.04
	$(PAGES) --out .cache/synth-11 --count 400 --seed 410001
	$(PAGES) --out .cache/synth-11 --count 600 --seed 420001
	$(PAGES) --out .cache/synth-forms-11 --count 300 --seed 530001 --kind form
	$(PAGES) --out .cache/synth-forms-11 --count 1000 --seed 540001 --kind form
	$(PAGES) --out .cache/synth-waybills-11 --count 400 --seed 470001 --kind waybill
	$(PAGES) --out .cache/synth-signs-11 --count 1200 --seed 130001 --kind sign
	$(PAGES) --out .cache/synth-signs-11 --count 2000 --seed 140001 --kind sign
	$(PAGES) --out .cache/synth-photos-11 --count 1200 --seed 330001 --photos $(DATA)/icdar2015
	$(PAGES) --out .cache/synth-photos-11 --count 2000 --seed 340001 --photos $(DATA)/icdar2015
	OMP_NUM_THREADS=1 nice $(BIN)/torchrun --nproc-per-node 2 -m ctpn.train detector --init .train/detector-5/weights.safetensors \
		--out .train/detector-6 --steps 3000 --rate 1e-3 --warmup 100 --seed 22 --set $(DATA)/sroie:0.25 --set $(DATA)/icdar2015:0.14:merge_words \
		--set .cache/synth-11:0.1 --set .cache/synth-forms-11:0.15 --set .cache/synth-signs-11:0.16 --set .cache/synth-photos-11:0.17 \
		--set .cache/synth-waybills-11:0.03
	$(PAGES) --out .cache/synth-signs-12 --count 2000 --seed 150001 --kind sign
	$(PAGES) --out .cache/synth-photos-12 --count 2000 --seed 350001 --photos $(DATA)/icdar2015
	OMP_NUM_THREADS=1 nice $(BIN)/torchrun --nproc-per-node 2 -m ctpn.train detector --init .train/detector-6/weights.safetensors \
		--out .train/detector-7 --steps 4200 --rate 1.2e-3 --warmup 100 --seed 24 --set $(DATA)/sroie:0.22 \
		--set $(DATA)/icdar2015:0.14:merge_words --set .cache/synth-11:0.08:pad_regions --set .cache/synth-forms-11:0.13:pad_regions \
		--set .cache/synth-signs-11:0.1:pad_regions --set .cache/synth-signs-12:0.1:pad_regions --set .cache/synth-photos-11:0.1:pad_regions \
		--set .cache/synth-photos-12:0.1:pad_regions --set .cache/synth-waybills-11:0.03:pad_regions

# After the detector, whose drawn pages it learns from too, line by line. The last stage but one wants a GPU as well.
recognizer: setup web-fonts
	$(PAGES) --out .cache/synth-waybills-7 --count 600 --seed 460001 --kind waybill
	for set in $(DATA)/sroie $(DATA)/icdar2015 .cache/synth .cache/synth-signs .cache/synth-waybills .cache/synth-waybills-7 .cache/synth-forms; do \
		nice $(BIN)/python -m ctpn.training.cut_lines --set $$set --out .cache/strips/$$(basename $$set) && \
		nice $(BIN)/python -m ctpn.training.cut_lines --set $$set --out .cache/strips/$$(basename $$set)-found --detect || exit 1; done
	OMP_NUM_THREADS=1 nice $(BIN)/torchrun --nproc-per-node 2 -m ctpn.train recognizer --out .train/recognizer --steps 7000 \
		--places 1700 $(STRIPS)
	OMP_NUM_THREADS=1 nice $(BIN)/python -m ctpn.train recognizer $(FONT_FOLDERS) --init .train/recognizer/weights.safetensors \
		--out .train/recognizer-2 --steps 12700 --rate 1.5e-3 --warmup 300 --places 0 $(MORE_STRIPS)
	OMP_NUM_THREADS=1 nice $(BIN)/python -m ctpn.train recognizer $(FONT_FOLDERS) --init .train/recognizer-2/weights.safetensors \
		--out .train/recognizer-3 --steps 700 --rate 3e-4 --warmup 30 --ema 0.99 --places 0 --int8 $(MORE_STRIPS)
	OMP_NUM_THREADS=1 nice $(BIN)/python -m ctpn.train recognizer $(FONT_FOLDERS) --init .train/recognizer-3/weights.safetensors \
		--out .train/recognizer-4 --steps 5700 --rate 1.2e-3 --warmup 200 --places 0 --seed 5 $(MORE_STRIPS)
	OMP_NUM_THREADS=1 nice $(BIN)/python -m ctpn.train recognizer $(FONT_FOLDERS) --init .train/recognizer-4/weights.safetensors \
		--out .train/recognizer-5 --steps 500 --rate 2e-4 --warmup 30 --ema 0.99 --places 0 --int8 --seed 6 $(MORE_STRIPS)
	OMP_NUM_THREADS=1 nice $(BIN)/torchrun --nproc-per-node 2 -m ctpn.train recognizer $(FONT_FOLDERS) \
		--init .train/recognizer-5/weights.safetensors --out .train/recognizer-6 --steps 7100 --rate 1.5e-3 --places 0 --seed 7 $(LAST_STRIPS)
	OMP_NUM_THREADS=1 nice $(BIN)/torchrun --nproc-per-node 2 -m ctpn.train recognizer $(FONT_FOLDERS) \
		--init .train/recognizer-6/weights.safetensors --out .train/recognizer-7 --steps 400 --rate 2e-4 --warmup 30 --ema 0.99 --places 0 \
		--int8 --seed 8 $(LAST_STRIPS)
	OMP_NUM_THREADS=1 nice $(BIN)/torchrun --nproc-per-node 2 -m ctpn.train recognizer $(FONT_FOLDERS) \
		--init .train/recognizer-7/weights.safetensors --out .train/recognizer-8 --steps 9900 --rate 1.5e-3 --places 0 --seed 9 $(FINAL_STRIPS)
	OMP_NUM_THREADS=1 nice $(BIN)/torchrun --nproc-per-node 2 -m ctpn.train recognizer $(FONT_FOLDERS) \
		--init .train/recognizer-8/weights.safetensors --out .train/recognizer-9 --steps 400 --rate 2e-4 --warmup 30 --ema 0.99 --places 0 \
		--int8 --seed 10 $(FINAL_STRIPS)
	$(PAGES) --out .cache/synth-9 --count 450 --seed 6000001
	$(PAGES) --out .cache/synth-forms-9 --count 450 --seed 6100001 --kind form
	$(PAGES) --out .cache/synth-waybills-9 --count 800 --seed 6200001 --kind waybill
	$(PAGES) --out .cache/synth-signs-9 --count 250 --seed 6300001 --kind sign
	for set in .cache/synth-9 .cache/synth-signs-9 .cache/synth-waybills-9 .cache/synth-forms-9 \
		.cache/synth-11 .cache/synth-signs-11 .cache/synth-waybills-11 .cache/synth-forms-11; do \
		nice $(BIN)/python -m ctpn.training.cut_lines --set $$set --out .cache/strips/$$(basename $$set) && \
		nice $(BIN)/python -m ctpn.training.cut_lines --set $$set --out .cache/strips/$$(basename $$set)-found --detect || exit 1; done
	OMP_NUM_THREADS=1 $(BIN)/python -m ctpn.train recognizer $(FONT_FOLDERS) --init .train/recognizer-9/weights.safetensors \
		--out .train/recognizer-10 --makers 8 --batch 48 --steps 9064 --rate 2e-3 --warmup 150 --places 0 --seed 21 $(GPU_STRIPS)
	OMP_NUM_THREADS=1 nice $(BIN)/torchrun --nproc-per-node 2 -m ctpn.train recognizer $(FONT_FOLDERS) \
		--init .train/recognizer-10/weights.safetensors --out .train/recognizer-11 --steps 400 --rate 2e-4 --warmup 30 --ema 0.99 --places 0 \
		--int8 --seed 12 $(INT8_STRIPS)

ship: setup
	$(BIN)/python -m export.stamp .train/detector-7/weights.safetensors ctpn/weights/mobile.safetensors
	$(BIN)/python -m export.stamp .train/recognizer-11/weights.safetensors ctpn/weights/crnn.safetensors
	$(BIN)/python -m export.onnx --quantize --out out
	cp out/mobile.onnx out/mobile-int8.onnx out/mobile.onnx.json out/crnn-int8.onnx out/crnn.onnx.json ctpn/weights/
	$(BIN)/python -m ctpn examples/waybill.jpg --overlay docs/waybill.png
	$(MAKE) measure
	$(BIN)/python -m benchmarks.card

# All that export can write, with the shipped weights, into out/; lowering and converting take minutes a file.
formats: setup
	$(BIN)/python -m export.onnx --quantize --float16 --ort
	$(BIN)/python -m export.torchscript
	$(BIN)/python -m export.coreml --compress --float32
	$(BIN)/python -m export.executorch

# All that the report shows, with the shipped weights and the files in out/ (make formats), on a machine
# with nothing else to do; but for benchmarks.findings, which trains for hours. Without an emulator for ARM the report says so.
measure: setup
	$(BIN)/python -m benchmarks.peers
	$(BIN)/python -m benchmarks.peers --read
	$(BIN)/python -m ctpn.synthesis.pages --out .cache/stages --count 100 --seed 1
	$(BIN)/python -m benchmarks.stages
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.parity
	-$(BIN)/python -m benchmarks.arm
	$(BIN)/python -m benchmarks.longlines
	$(BIN)/python -m benchmarks.confirmation_sweep
	$(BIN)/python -m benchmarks.report

# Small models as Keras 2 and 3 write them, with what Keras computes; `--full FOLDER` writes them at the original's size.
keras-fixtures: .venv-keras/ready
	.venv-keras/bin/python tests/fixtures/keras/make.py

.venv-keras/ready: tests/fixtures/keras/constraints.txt
	$(PYTHON) -m venv .venv-keras
	.venv-keras/bin/pip install --quiet --disable-pip-version-check -c $< tensorflow-cpu keras h5py
	.venv-keras/bin/pip install --quiet --disable-pip-version-check -c $< --no-deps tf-keras  # it asks for all of tensorflow
	touch $@

# Fonts for the synthetic pages; without them the tests that draw Chinese are skipped. Nothing is fetched if all are there.
fonts:
	@dpkg -s $(FONTS) > /dev/null 2>&1 || { apt-get update -q && apt-get install -y -q --no-install-recommends $(FONTS); }

more-fonts: fonts
	@dpkg -s $(MORE_FONTS) > /dev/null 2>&1 || { apt-get update -q && apt-get install -y -q --no-install-recommends $(MORE_FONTS); }

# An emulator for ARM and what runs in it, in .cache/arm; without them the tests that run there are skipped.
arm: setup
	@dpkg -s $(EMULATION) > /dev/null 2>&1 || { apt-get update -q && apt-get install -y -q --no-install-recommends $(EMULATION); }
	$(BIN)/python -m export.arm.root

web-fonts: setup more-fonts
	$(BIN)/python -m ctpn.synthesis.webfonts --out .cache/fonts
