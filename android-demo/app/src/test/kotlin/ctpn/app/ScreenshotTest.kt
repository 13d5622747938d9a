package ctpn.app

import android.app.Activity
import android.graphics.Bitmap
import android.widget.ImageButton
import android.widget.TextView
import ctpn.core.screen.Event
import ctpn.core.screen.Failure
import ctpn.core.screen.Rectangle
import ctpn.core.screen.Screen
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import java.io.File

/**
 * Every screen by day in Chinese and by night in English, drawn natively into target/screenshots (`make android-screenshots` puts them
 * into docs), and checked: nothing that can be pressed is small or without a name, no text is cut.
 */
@RunWith(RobolectricTestRunner::class)
class ScreenshotTest {
    private val fields =
        listOf(
            Rectangle(53f, 313f, 278f, 67f),
            Rectangle(136f, 455f, 435f, 49f),
            Rectangle(139f, 591f, 523f, 67f),
            Rectangle(246f, 273f, 215f, 33f),
        )

    @Test
    fun `Chinese by day`() = all("zh-rCN-w392dp-h800dp-notnight-xhdpi", "zh")

    @Test
    fun `English by night`() = all("en-rUS-w392dp-h800dp-night-xhdpi", "en")

    @Test
    fun `Chinese by day, on its side`() = all("zh-rCN-w800dp-h392dp-land-notnight-xhdpi", "land", fields.take(1) + fields[2])

    private fun all(
        qualifiers: String,
        name: String,
        marked: List<Rectangle> = fields,
    ) {
        RuntimeEnvironment.setQualifiers(qualifiers)
        val app = Launched()
        take(app.activity, "$name-choose")
        app.photograph()
        marked.forEach(app::mark)
        assertEquals(marked.size, app.marking.rectangles.size)
        take(app.activity, "$name-mark")
        app.activity.press(R.id.read)
        take(app.activity, "$name-reading")
        waitUntil("it is read") { app.screen !is Screen.Reading }
        assertTrue("${app.screen}", app.screen is Screen.Results)
        take(app.activity, "$name-results")
        app.activity.session.send(Event.Broke(Failure.PHOTO, "a damaged picture; choose another"))
        take(app.activity, "$name-failed")
        app.close()
        val benchmark = Robolectric.buildActivity(BenchmarkActivity::class.java).setup()
        take(benchmark.get(), "$name-benchmark")
        benchmark.pause().stop().destroy()
    }

    private fun take(
        activity: Activity,
        name: String,
    ) {
        idle()
        for (view in activity.window.decorView
            .all()
            .filter { it.isShown && it.isClickable }) {
            val named = !view.contentDescription.isNullOrBlank() || (view as? TextView)?.text?.isNotBlank() == true || view.all().size > 1
            assertTrue("$name: $view has a name for TalkBack", named)
            if (view is ImageButton || view is android.widget.Button) {
                val dp = minOf(view.width, view.height) / view.resources.displayMetrics.density
                assertTrue("$name: $view is ${dp}dp small", dp >= 48)
            }
        }
        for (text in activity.window.decorView
            .all()
            .filterIsInstance<TextView>()
            .filter { it.isShown && it.layout != null }) {
            val cut = (0 until text.layout.lineCount).any { text.layout.getEllipsisCount(it) > 0 }
            assertTrue("$name: \"${text.text}\" is cut", !cut)
        }
        val file = File("target/screenshots/$name.png").apply { parentFile!!.mkdirs() }
        file.outputStream().use { activity.picture().compress(Bitmap.CompressFormat.PNG, 100, it) }
        assertTrue(file.length() > 10_000)
    }
}
