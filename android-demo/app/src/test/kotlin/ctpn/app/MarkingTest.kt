package ctpn.app

import android.os.Bundle
import android.view.accessibility.AccessibilityNodeInfo
import ctpn.core.screen.Rectangle
import ctpn.core.screen.Screen
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import kotlin.math.abs

/** Touches through the window of the real Activity make the regions that were meant. */
class MarkingTest : OpenedWaybill() {
    private fun assertMarked(vararg expected: Rectangle) {
        val got = app.marking.rectangles
        assertEquals(expected.size, got.size)
        for ((e, g) in expected.zip(got)) {
            for ((a, b) in listOf(e.x to g.x, e.y to g.y, e.width to g.width, e.height to g.height)) assertTrue("$e $g", abs(a - b) < 0.5f)
        }
    }

    @Test
    fun `several rectangles are drawn, the last is selected`() {
        app.mark(recipient)
        app.mark(number)
        assertMarked(recipient, number)
        assertEquals(1, app.marking.selected)
        assertTrue("识别 2 个区域" in app.activity.texts())
        assertTrue("请标记区域" in app.activity.texts())
    }

    @Test
    fun `without marks the whole photo is read`() {
        assertTrue("识别整张照片" in app.activity.texts())
        assertFalse(app.activity.findViewById<android.view.View>(R.id.undo).isEnabled)
        assertFalse(app.activity.findViewById<android.view.View>(R.id.delete).isEnabled)
    }

    @Test
    fun `one is moved by its middle and resized by its corner`() {
        app.mark(recipient)
        app.activity.drag(app.view, app.at(350f, 480f), app.at(370f, 500f), app.at(380f, 520f))
        assertMarked(recipient.copy(x = 166f, y = 495f))
        app.activity.drag(app.view, app.at(601f, 544f), app.at(620f, 560f), app.at(641f, 584f))
        assertMarked(Rectangle(166f, 495f, 475f, 89f))
        app.activity.press(R.id.undo)
        assertMarked(recipient.copy(x = 166f, y = 495f))
    }

    @Test
    fun `undo reverts one gesture after another, deletion too`() {
        app.mark(recipient)
        app.mark(number)
        app.activity.press(R.id.delete)
        assertMarked(recipient)
        app.activity.press(R.id.undo)
        assertMarked(recipient, number)
        app.activity.press(R.id.undo)
        app.activity.press(R.id.undo)
        assertMarked()
    }

    @Test
    fun `a tap selects, a tap beside deselects`() {
        app.mark(recipient)
        app.mark(number)
        app.activity.tap(app.view, app.at(300f, 480f))
        assertEquals(0, app.marking.selected)
        app.activity.tap(app.view, app.at(600f, 100f))
        assertNull(app.marking.selected)
        assertMarked(recipient, number)
    }

    @Test
    fun `two fingers zoom, and then a finger marks at that scale`() {
        val (x, y) = app.at(350f, 480f)
        app.activity.fingers(
            app.view,
            listOf(x - 40 to y, x + 40 to y),
            listOf(x - 100 to y, x + 100 to y),
            listOf(x - 160 to y, x + 160 to y),
        )
        assertMarked() // what the first finger began is undone
        app.activity.drag(app.view, x - 200 to y - 80, x to y, x + 200 to y + 80)
        val got = app.marking.rectangles.single()
        val scale = app.at(1f, 0f).first - app.at(0f, 0f).first
        assertEquals(400 / scale / 4, got.width, 1f)
        assertEquals(350f, got.x + got.width / 2, 1f)
        assertEquals(480f, got.y + got.height / 2, 1f)
    }

    @Test
    fun `two fingers side by side move an enlarged photo`() {
        val (x, y) = app.at(350f, 480f)
        app.activity.fingers(app.view, listOf(x - 40 to y, x + 40 to y), listOf(x - 160 to y, x + 160 to y))
        app.activity.fingers(app.view, listOf(x - 40 to y, x + 40 to y), listOf(x + 20 to y + 40, x + 100 to y + 40))
        app.activity.drag(app.view, x - 200 to y - 80, x to y, x + 200 to y + 80)
        val got = app.marking.rectangles.single()
        val scale = app.at(1f, 0f).first - app.at(0f, 0f).first
        assertEquals(350f - 60 / scale / 4, got.x + got.width / 2, 1f)
        assertEquals(480f - 40 / scale / 4, got.y + got.height / 2, 1f)
    }

    @Test
    fun `an edge's handle moves that edge alone`() {
        app.mark(Rectangle(136f, 455f, 435f, 120f))
        app.activity.drag(app.view, app.at(571f, 515f), app.at(600f, 515f), app.at(621f, 530f))
        assertMarked(Rectangle(136f, 455f, 485f, 120f))
        app.activity.drag(app.view, app.at(350f, 455f), app.at(350f, 420f), app.at(380f, 415f))
        assertMarked(Rectangle(136f, 415f, 485f, 160f))
    }

    @Test
    fun `a gesture that the system takes away changes nothing`() {
        app.mark(recipient)
        val (x, y) = app.at(350f, 480f)
        app.activity.fingers(app.view, listOf(x to y, x + 90 to y), listOf(x to y + 50, x + 90 to y + 50))
        assertMarked(recipient)
    }

    @Test
    fun `marks survive a rotation, at the same places`() {
        app.mark(recipient)
        app.mark(number)
        val before = app.marking
        app.turn("+land")
        assertEquals(before, app.marking)
        assertEquals(before, app.view.marking)
        app.activity.press(R.id.undo)
        assertMarked(recipient)
        app.mark(number)
        assertMarked(recipient, number)
    }

    @Test
    fun `marks survive the end of the process, with all that can be undone`() {
        app.mark(recipient)
        app.mark(number)
        app.activity.press(R.id.delete)
        val before = app.marking
        app.dieAndComeBack()
        assertEquals(before, app.marking)
        waitUntil("the photo is there again") { app.activity.session.picture != null }
        app.activity.press(R.id.undo)
        assertMarked(recipient, number)
    }

    @Test
    fun `back leads to choosing and leaves no photo behind`() {
        app.mark(recipient)
        app.activity.press(R.id.back)
        assertEquals(Screen.Choose, app.screen)
        val kept = app.activity.filesDir.resolve("photo")
        waitUntil("the photo is deleted") { !kept.exists() }
        assertNull(app.activity.session.picture)
    }

    @Test
    fun `the phone's own back does the same, and then leaves the app`() {
        app.activity.goBack()
        assertEquals(Screen.Choose, app.screen)
        assertFalse(app.activity.isFinishing)
        app.activity.goBack()
        assertTrue(app.activity.isFinishing)
    }

    @Suppress("DEPRECATION") // what the system calls before Android 13
    private fun MainActivity.goBack() = onBackPressed()

    @Test
    fun `those who cannot see the photo mark by TalkBack's actions`() {
        val actions = AccessibilityNodeInfo().also { app.view.onInitializeAccessibilityNodeInfo(it) }.actionList.map { it.id }
        assertTrue(R.id.action_mark_all in actions && R.id.action_next_mark !in actions)
        app.mark(recipient)
        assertTrue(app.view.performAccessibilityAction(R.id.action_mark_all, Bundle.EMPTY))
        assertMarked(
            recipient,
            Rectangle(
                0f,
                0f,
                app.view.photo!!
                    .width
                    .toFloat(),
                app.view.photo!!
                    .height
                    .toFloat(),
            ),
        )
        assertTrue(app.view.performAccessibilityAction(R.id.action_next_mark, Bundle.EMPTY))
        assertEquals(0, app.marking.selected)
        assertEquals("照片\uff0c已标记 2 个区域\uff0c选中第 1 个", app.view.contentDescription)
    }
}
