// For Android Studio. `make android` builds the same sources by Maven; tests/apps/test_android.py compares the versions.
plugins {
    alias(libs.plugins.android.application) apply false
    alias(libs.plugins.kotlin.android) apply false
    alias(libs.plugins.kotlin.jvm) apply false
}
