plugins {
    alias(libs.plugins.kotlin.jvm)
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
    implementation(libs.json)
    testImplementation(libs.junit5)
}

tasks.test {
    useJUnitPlatform()
}
