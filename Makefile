# make setup     .venv with everything          make demo      export with quantisation, then a sample waybill is read
# make test      everything that CI runs        make style     format Python, Kotlin and Swift
# make android   the app's tests, then an APK, whose path is the last line printed
# make ios       the iOS app's style and tests on Linux; its Swift toolchain comes into .cache (Debian)
# Others: fonts, android-tools, arm and postgresql (for the tests; Debian), weights and ship (how the shipped files are made)
PYTHON ?= python3
BIN := .venv/bin
ANDROID_TOOLS = openjdk-17-jdk-headless maven zip unzip aapt zipalign apksigner $(shell command -v npm > /dev/null || echo npm)
# Installs Debian packages; fetches nothing if all are there.
packages = dpkg -s $(1) > /dev/null 2>&1 || { apt-get update -q && apt-get install -y -q --no-install-recommends $(1); }
names = $(shell sed '/^\#/d' $(1))

.PHONY: setup demo test style android ios android-screenshots android-tools fonts training-fonts training-texts arm postgresql weights ship measure formats

setup: .venv/ready

# Pinned versions; on Linux torch comes as its CUDA build, so the first time takes some minutes.
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
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist loadfile

style: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@if command -v mvn > /dev/null; then mvn -q -B -ntp -f android-demo/pom.xml ktlint:format; \
	else echo "make style: mvn not found, Kotlin is unchanged" >&2; fi
	@if [ -x .cache/swift-trixie/run ]; then cd ios-demo && ../.cache/swift-trixie/run swift format -i -r -p --configuration .swift-format \
	Package.swift Sources Tests App/Sources; else echo "make style: no Swift in .cache (make ios), Swift is unchanged" >&2; fi

# Without Gradle, the SDK or Google's repository; android-demo/README.md says how, and what Android Studio does instead.
android: setup
	@for tool in javac mvn npm zip unzip aapt2 zipalign apksigner; do command -v $$tool > /dev/null || \
		{ echo "make android: $$tool not found; on Debian: make android-tools" >&2; exit 1; }; done
	$(BIN)/python -m export.bundle --android >&2
	$(BIN)/python -m tests.helpers.reader_case out/reader-case >&2
	rm -rf android-demo/*/target  # stale classes would be tested and shipped
	android-demo/test.sh >&2
	$(BIN)/python -m pytest -q tests/apps/test_android.py tests/apps/test_apk.py >&2
	@ls $(CURDIR)/android-demo/app/target/ctpn-*-debug.apk

# Without Xcode: ios-demo/README.md says what is tested so and what is not.
ios: setup
	$(BIN)/python -m tests.helpers.reader_case out/reader-case >&2
	ios-demo/test.sh

android-screenshots: android  # of the app's tests; look at them before they are committed
	cp android-demo/app/target/screenshots/*.png android-demo/docs/

android-tools:
	@$(call packages,$(ANDROID_TOOLS))

fonts:
	@$(call packages,$(call names,recipes/fonts.txt))

training-fonts: setup fonts
	@$(call packages,$(call names,recipes/training_fonts.txt))
	$(BIN)/python -m ctpn.synthesis.webfonts --out .cache/fonts

# A language model from whose pairs of words running Chinese is made, for training alone.
training-texts: setup
	@$(call packages,sunpinyin-data sunpinyin-utils)
	$(BIN)/python -m ctpn.synthesis.prose --out .cache/prose.npz

# A database for the service's tests, which start their own.
postgresql:
	@$(call packages,postgresql)

# An emulator for ARM and what runs in it, in .cache/arm; without them the tests that run there are skipped.
arm: setup
	@$(call packages,qemu-user gcc libc6-dev)
	$(BIN)/python -m export.arm.root

# Hours on two cores; a killed command is given again and continues.
weights: training-fonts training-texts
	for name in detector recognizer; do nice $(BIN)/python -m ctpn.train recipes/$$name.yaml || exit 1; done

# Takes the trained weights over as the shipped ones: exported files, accuracy, report and cards.
ship: setup
	$(BIN)/python -m export.stamp .train/detector/direction-3/weights.safetensors ctpn/weights/mobile.safetensors
	$(BIN)/python -m export.stamp .train/recognizer/stage-18/weights.safetensors ctpn/weights/crnn.safetensors
	$(BIN)/python -m ctpn.training.card ctpn/weights/mobile.safetensors ctpn/weights/crnn.safetensors
	$(BIN)/python -m export.onnx --quantize --out out
	cp out/mobile.onnx out/mobile-int8.onnx out/mobile.onnx.json out/crnn-int8.onnx out/crnn.onnx.json ctpn/weights/
	for file in mobile mobile-int8 crnn-int8; do (cd ctpn/weights && sha256sum $$file.onnx > $$file.onnx.sha256) || exit 1; done
	rm -f docs/waybill.png
	$(BIN)/python -m ctpn examples/waybill.jpg --overlay docs/waybill.png
	$(MAKE) measure

formats: setup  # everything that export writes, into out/; minutes per file
	for name in "onnx --quantize --float16 --ort" torchscript "coreml --compress --float32" executorch; do $(BIN)/python -m export.$$name || exit 1; done

fuzz: setup  # 10,000 seeded inputs of every kind, about an hour; what fails stays in .train/fuzz
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz --count 10000

measure: setup  # what the report shows except findings and kinds, on an idle machine, with the files of `make formats`
	$(BIN)/python -m ctpn.synthesis.pages --out .cache/stages --count 100 --seed 1
	-$(BIN)/python -m benchmarks.arm  # without an emulator the report says so
	for name in peers "peers --read" stages latency languages parity longlines confirmation_sweep calibration service report card; do $(BIN)/python -m benchmarks.$$name || exit 1; done
