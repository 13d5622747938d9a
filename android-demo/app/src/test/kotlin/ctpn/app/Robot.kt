package ctpn.app

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import android.os.SystemClock
import android.view.MotionEvent
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import org.junit.Assert.assertTrue
import org.robolectric.Shadows.shadowOf
import java.io.File

/** The sample waybill of the project. */
internal val WAYBILL = File("../../examples/waybill.jpg")

/** Run what the background thread posts to the main thread, until the condition holds. */
internal fun waitUntil(
    what: String,
    true_: () -> Boolean,
) {
    val end = System.nanoTime() + 120_000_000_000L
    while (!true_()) {
        assertTrue("waited 2 minutes until $what", System.nanoTime() < end)
        Thread.sleep(5)
        shadowOf(Looper.getMainLooper()).idle()
    }
}

internal fun idle() = shadowOf(Looper.getMainLooper()).idle()

/** One finger through the window, as the system sends it: places in pixels of [on]. */
internal fun Activity.drag(
    on: View,
    vararg places: Pair<Float, Float>,
) {
    val down = SystemClock.uptimeMillis()
    touch(MotionEvent.ACTION_DOWN, down, on, places.first())
    places.forEach { touch(MotionEvent.ACTION_MOVE, down, on, it) }
    touch(MotionEvent.ACTION_UP, down, on, places.last())
    idle()
}

internal fun Activity.tap(
    on: View,
    place: Pair<Float, Float>,
) = drag(on, place)

internal fun Activity.press(id: Int) {
    idle() // a page that has just appeared has no size before
    val view = findViewById<View>(id)
    assertTrue("$view can be pressed", view.isShown && view.isEnabled)
    tap(view, view.width / 2f to view.height / 2f)
}

/** Fingers at several places at once, step by step: the first comes alone, the others with the second event. */
internal fun Activity.fingers(
    on: View,
    vararg steps: List<Pair<Float, Float>>,
) {
    val down = SystemClock.uptimeMillis()
    touch(MotionEvent.ACTION_DOWN, down, on, steps.first().first())
    val second = MotionEvent.ACTION_POINTER_DOWN or (1 shl MotionEvent.ACTION_POINTER_INDEX_SHIFT)
    touch(second, down, on, *steps.first().toTypedArray())
    for (step in steps) touch(MotionEvent.ACTION_MOVE, down, on, *step.toTypedArray())
    val lifted = MotionEvent.ACTION_POINTER_UP or (1 shl MotionEvent.ACTION_POINTER_INDEX_SHIFT)
    touch(lifted, down, on, *steps.last().toTypedArray())
    touch(MotionEvent.ACTION_MOVE, down, on, steps.last().first())
    touch(MotionEvent.ACTION_UP, down, on, steps.last().first())
    idle()
}

private fun Activity.touch(
    action: Int,
    down: Long,
    on: View,
    vararg places: Pair<Float, Float>,
) {
    val origin = IntArray(2).also { on.getLocationInWindow(it) }
    val fingers = places.indices.map { MotionEvent.PointerProperties().apply { id = it } }.toTypedArray()
    val at =
        places
            .map { (x, y) ->
                MotionEvent.PointerCoords().apply {
                    this.x = x + origin[0]
                    this.y = y + origin[1]
                    pressure = 1f
                }
            }.toTypedArray()
    val event = MotionEvent.obtain(down, SystemClock.uptimeMillis(), action, places.size, fingers, at, 0, 0, 1f, 1f, 0, 0, 0, 0)
    window.decorView.dispatchTouchEvent(event)
    event.recycle()
}

internal fun View.all(): List<View> =
    listOf(this) + ((this as? ViewGroup)?.let { g -> (0 until g.childCount).flatMap { g.getChildAt(it).all() } }.orEmpty())

/** What a person reads on the screen. */
internal fun Activity.texts(): List<String> =
    window.decorView
        .all()
        .filter { it.isShown }
        .mapNotNull { (it as? TextView)?.text?.toString()?.ifBlank { null } }

/** The window drawn natively. */
internal fun Activity.picture(): Bitmap {
    val root = window.decorView
    return Bitmap.createBitmap(root.width, root.height, Bitmap.Config.ARGB_8888).also { root.draw(Canvas(it)) }
}
