package ctpn.app

import android.app.ActivityManager
import android.content.Context
import android.os.Build
import ctpn.core.contract.sha256
import ctpn.reader.Bundle
import ctpn.reader.runtimeVersion
import kotlinx.serialization.json.JsonObjectBuilder
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonObject
import java.io.File
import java.text.SimpleDateFormat
import java.util.Date
import java.util.Locale
import java.util.TimeZone

/** Where, with what and when something was measured: app, device, runtime, bundle and time of docs/phone.md. */
internal fun JsonObjectBuilder.describe(
    context: Context,
    bundle: Bundle,
) {
    putJsonObject("app") {
        put("name", "android")
        put("version", context.packageManager.getPackageInfo(context.packageName, 0).versionName)
    }
    putJsonObject("device") {
        put("model", "${Build.MANUFACTURER} ${Build.MODEL}")
        put("system", "Android ${Build.VERSION.RELEASE}")
        put("processor", processor())
        put("cores", Runtime.getRuntime().availableProcessors())
        put("memory_mb", memoryMb(context))
    }
    putJsonObject("runtime") {
        put("name", "onnxruntime")
        put("version", runtimeVersion())
        put("provider", "cpu")
        put("threads", Models.THREADS)
    }
    putJsonObject("bundle") {
        put("version", bundle.manifest.version)
        put("manifest", context.assets.open("bundle/manifest.json").use { sha256(it.readBytes()) })
    }
    val utc = SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss'Z'", Locale.ROOT).apply { timeZone = TimeZone.getTimeZone("UTC") }
    put("time", utc.format(Date()))
}

@NewerAndroid
private fun processor(): String =
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) "${Build.SOC_MANUFACTURER} ${Build.SOC_MODEL}" else Build.HARDWARE

private fun memoryMb(context: Context): Long {
    val info = ActivityManager.MemoryInfo()
    context.getSystemService(ActivityManager::class.java).getMemoryInfo(info)
    return info.totalMem / 1_000_000
}

/** Peak memory of this process so far, as the kernel counts it; null where it does not report it. */
internal fun peakMemoryMb(status: File = File("/proc/self/status")): Long? {
    val line = if (status.canRead()) status.readLines().find { it.startsWith("VmHWM:") } else null
    return line?.filter { it.isDigit() }?.toLongOrNull()?.let { it * 1024 / 1_000_000 }
}
