plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.android)
}

android {
    namespace = "ctpn.app"
    compileSdk =
        libs.versions.android.target
            .get()
            .toInt()

    defaultConfig {
        applicationId = "ctpn.app"
        minSdk =
            libs.versions.android.min
                .get()
                .toInt()
        targetSdk =
            libs.versions.android.target
                .get()
                .toInt()
        versionCode = 1
        versionName = libs.versions.app.get()
        ndk {
            abiFilters += listOf("arm64-v8a", "x86_64")
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }

    testOptions {
        unitTests.isIncludeAndroidResources = true
    }
}

kotlin {
    compilerOptions {
        jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_11
    }
}

dependencies {
    implementation(project(":reader"))
    implementation(libs.json)
    implementation(libs.onnxruntime.android)
    testImplementation(libs.junit4)
    testImplementation(libs.robolectric)
    testRuntimeOnly(libs.onnxruntime)
}

// The models: python -m export.bundle --android
tasks.named("preBuild") {
    val manifest = file("src/main/assets/bundle/manifest.json")
    doFirst {
        check(manifest.isFile) { "$manifest: no models yet; python -m export.bundle --android writes them" }
    }
}
