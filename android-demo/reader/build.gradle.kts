plugins {
    alias(libs.plugins.kotlin.jvm)
    `java-library`
}

kotlin {
    compilerOptions {
        jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_11
    }
}

java {
    targetCompatibility = JavaVersion.VERSION_11
}

dependencies {
    api(project(":core"))
    implementation(libs.json)
    // On a phone the same classes come with the Android library, so whoever runs this names it.
    compileOnly(libs.onnxruntime)
    testImplementation(libs.onnxruntime)
    testImplementation(libs.junit5)
}

tasks.test {
    useJUnitPlatform()
}
