package ctpn.app

import android.content.Intent
import android.graphics.Bitmap
import android.net.Uri
import android.view.View
import android.view.ViewGroup
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import java.io.File

/** The benchmark's screen measures for real, and what it shares is what `benchmarks.report` reads (tests/apps/test_apk.py reads it too). */
@RunWith(RobolectricTestRunner::class)
class BenchmarkTest {
    @Test
    fun `it measures, shows and shares`() {
        val controller = Robolectric.buildActivity(BenchmarkActivity::class.java).setup()
        val activity = controller.get()
        assertEquals(View.INVISIBLE, activity.findViewById<View>(R.id.share).visibility)
        activity.press(R.id.start)
        waitUntil("it is measured") { activity.findViewById<View>(R.id.share).isShown }
        assertEquals(1 + 8, activity.findViewById<ViewGroup>(R.id.stages).childCount)
        assertTrue("从文件到文字" in activity.texts() && "中位数" in activity.texts())
        File("target/benchmark.png").outputStream().use { activity.picture().compress(Bitmap.CompressFormat.PNG, 100, it) }
        activity.press(R.id.share)
        val chooser = shadowOf(activity).nextStartedActivity

        @Suppress("DEPRECATION")
        val uri = chooser.getParcelableExtra<Intent>(Intent.EXTRA_INTENT)!!.getParcelableExtra<Uri>(Intent.EXTRA_STREAM)!!
        val shared = activity.contentResolver.openInputStream(uri)!!.use { it.readBytes() }
        val report = Json.parseToJsonElement(shared.decodeToString()).jsonObject
        assertEquals("true", report.getValue("golden").jsonPrimitive.content)
        val ms = report.getValue("ms").jsonObject.mapValues { (_, of) -> of.jsonArray.map { it.jsonPrimitive.double } }
        assertEquals(setOf(20), ms.values.map { it.size }.toSet())
        for (fraction in listOf(0.5, 0.9)) assertTrue("%.1f 毫秒".format(percentile(ms.getValue("whole"), fraction)) in activity.texts())
        assertEquals(
            "1.26.0",
            report
                .getValue("runtime")
                .jsonObject
                .getValue("version")
                .jsonPrimitive.content,
        )
        File("target/${SharedFiles.REPORT}").writeBytes(shared)
        controller.pause().stop().destroy()
    }

    @Test
    fun `stopped, it shows nothing and can start again`() {
        val controller = Robolectric.buildActivity(BenchmarkActivity::class.java).setup()
        val activity = controller.get()
        activity.press(R.id.start)
        waitUntil("it has begun") { activity.texts().any { it.startsWith("第 ") && !it.startsWith("第 0 ") } }
        activity.press(R.id.start)
        assertTrue("开始" in activity.texts())
        assertEquals(View.INVISIBLE, activity.findViewById<View>(R.id.share).visibility)
        controller.pause().stop().destroy()
    }

    @Test
    fun `percentiles are numpy's`() {
        assertEquals(10.5, percentile((20 downTo 1).map { it.toDouble() }, 0.5), 1e-9)
        assertEquals(18.1, percentile((1..20).map { it.toDouble() }, 0.9), 1e-9)
        assertEquals(7.0, percentile(listOf(7.0), 0.9), 0.0)
    }

    @Test
    fun `peak memory is what the kernel says`() {
        val file = File.createTempFile("status", "").apply { writeText("Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t  171875 kB\n") }
        assertEquals(176L, peakMemoryMb(file))
        assertEquals(null, peakMemoryMb(File("/none")))
    }
}
