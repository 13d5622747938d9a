package ctpn.app

import android.app.Activity
import android.content.ClipboardManager
import android.content.Intent
import android.graphics.Bitmap
import android.graphics.Color
import android.view.View
import android.widget.ListView
import ctpn.core.TextLine
import ctpn.core.layout.Point
import ctpn.core.screen.Event
import ctpn.core.screen.Rectangle
import ctpn.core.screen.Screen
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowLooper
import java.io.File

/** The sample waybill, photographed, marked with a finger and read by the real models. */
class ReadingTest : OpenedWaybill() {
    private fun read(): Screen.Results {
        app.activity.press(R.id.read)
        assertTrue("${app.screen}", app.screen is Screen.Reading)
        assertTrue("正在识别…" in app.activity.texts())
        waitUntil("it is read") { app.screen !is Screen.Reading }
        ShadowLooper.idleMainLooper()
        val screen = app.screen
        assertTrue("$screen", screen is Screen.Results)
        return screen as Screen.Results
    }

    private fun digits(text: String?) = text.orEmpty().filter { it.isDigit() }

    @Test
    fun `from photo to text, and the text is on the screen`() {
        app.mark(number)
        app.mark(recipient)
        val results = read()
        assertEquals(setOf(0, 1), results.lines.map { it.region }.toSet())
        assertEquals("6340968666000", digits(results.lines.first { it.region == 0 }.text))
        val texts = app.activity.texts()
        for (line in results.lines) assertTrue("${line.text} in $texts", line.text in texts)
        assertTrue("识别结果" in texts && "区域 1" in texts && "区域 2" in texts && "重拍" in texts && "完成" in texts)
        val view = app.activity.findViewById<ResultView>(R.id.photo)
        val list = app.activity.findViewById<ListView>(R.id.lines)
        assertEquals(results.lines, view.lines)
        assertTrue("the text lies above the photo", list.bottomInWindow() <= view.topInWindow())
        done(results)
    }

    private fun View.topInWindow() = IntArray(2).also { getLocationInWindow(it) }[1]

    private fun View.bottomInWindow() = topInWindow() + height

    /** Copy, share, done: all of them give the same text. */
    private fun done(results: Screen.Results) {
        app.activity.press(R.id.copy)
        val clipboard = app.activity.getSystemService(ClipboardManager::class.java)
        val copied =
            clipboard.primaryClip!!
                .getItemAt(0)
                .text
                .toString()
        assertEquals(results.lines.text(), copied)
        assertTrue(copied.contains(results.lines.first().text!!))
        app.activity.press(R.id.share)
        val chooser = shadowOf(app.activity).nextStartedActivity

        @Suppress("DEPRECATION")
        val sent = chooser.getParcelableExtra<Intent>(Intent.EXTRA_INTENT)!!
        assertEquals(Intent.ACTION_SEND to copied, sent.action to sent.getStringExtra(Intent.EXTRA_TEXT))
        app.activity.press(R.id.done)
        assertTrue(app.activity.isFinishing)
        assertEquals(Activity.RESULT_OK, shadowOf(app.activity).resultCode)
        assertEquals(copied, shadowOf(app.activity).resultIntent.getStringExtra(Intent.EXTRA_TEXT))
        val files = app.activity.filesDir
        app.close()
        waitUntil("nothing stays") { files.list()!!.isEmpty() }
    }

    @Test
    fun `results survive a rotation and the end of the process, a touched line is highlighted`() {
        app.mark(recipient)
        val results = read()
        app.turn("+land")
        assertEquals(results, app.screen)
        app.dieAndComeBack()
        assertEquals(results, app.screen)
        waitUntil("the photo is there again") { app.activity.session.picture != null }
        val view = app.activity.findViewById<ResultView>(R.id.photo)
        val quad = results.lines[0].quad
        val middle =
            Viewport
                .whole(
                    view.photo!!.width,
                    view.photo!!.height,
                    view.width,
                    view.height,
                    16 * view.resources.displayMetrics.density,
                ).toView(Point((quad.topLeft.x + quad.bottomRight.x) / 2, (quad.topLeft.y + quad.bottomRight.y) / 2))
        app.activity.tap(view, middle.x to middle.y)
        assertEquals(0, view.selected)
        app.activity.press(R.id.retake)
        assertEquals(Screen.Choose, app.screen)
    }

    @Test
    fun `a region without text says so`() {
        app.activity.session.send(Event.Retake)
        app.photograph(blank())
        app.mark(Rectangle(100f, 100f, 400f, 60f))
        assertEquals(emptyList<TextLine>(), read().lines)
        assertTrue("此区域没有文字" in app.activity.texts())
        assertFalse(app.activity.findViewById<View>(R.id.copy).isEnabled)
        app.activity.press(R.id.back)
        assertEquals(1, app.marking.rectangles.size)
        app.activity.press(R.id.undo)
        assertEquals(emptyList<TextLine>(), read().lines)
        assertTrue("没有找到文字" in app.activity.texts())
    }

    private fun blank(): File {
        val white = Bitmap.createBitmap(800, 600, Bitmap.Config.ARGB_8888).apply { eraseColor(Color.WHITE) }
        return app.activity.cacheDir
            .resolve(
                "blank.jpg",
            ).apply { outputStream().use { white.compress(Bitmap.CompressFormat.JPEG, 90, it) } }
    }

    @Test
    fun `a reading that is cancelled or ended with the process gives no result, and the next one does`() {
        app.mark(number)
        app.activity.press(R.id.read)
        app.activity.press(R.id.cancel)
        assertTrue(app.screen is Screen.Mark)
        app.activity.press(R.id.read)
        app.dieAndComeBack()
        assertTrue("back where it was asked for", app.screen is Screen.Mark)
        assertEquals(1, app.marking.rectangles.size)
        assertEquals("6340968666000", digits(read().lines.first().text))
    }

    @Test
    fun `rotated while it reads, it still gives the result`() {
        app.mark(number)
        app.activity.press(R.id.read)
        app.turn("+land")
        waitUntil("it is read") { app.screen !is Screen.Reading }
        assertTrue(app.screen is Screen.Results)
        assertNotNull(app.activity.findViewById(R.id.lines))
    }

    @Test
    fun `a damaged photo is an error with a way back`() {
        app.activity.session.send(Event.Retake)
        val text =
            app.activity.cacheDir
                .resolve("none.jpg")
                .apply { writeText("no picture") }
        app.activity.press(R.id.camera)
        val asked = shadowOf(app.activity).nextStartedActivityForResult
        text.copyTo(SharedFiles.file(app.activity, SharedFiles.PHOTO), overwrite = true)
        shadowOf(app.activity).receiveResult(asked.intent, Activity.RESULT_OK, Intent())
        waitUntil("it fails") { app.screen is Screen.Failed }
        assertTrue("无法打开这张照片" in app.activity.texts())
        app.activity.press(R.id.go_on)
        assertEquals(Screen.Choose, app.screen)
        assertNull(app.activity.session.picture)
    }
}
