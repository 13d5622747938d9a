package ctpn.app

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.provider.MediaStore
import ctpn.core.layout.Point
import ctpn.core.screen.Marking
import ctpn.core.screen.Rectangle
import ctpn.core.screen.Screen
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import java.io.File

/** The app as a user has it in hand. */
internal class Launched {
    private var controller: ActivityController<MainActivity> = Robolectric.buildActivity(MainActivity::class.java).setup()
    val activity: MainActivity get() = controller.get()
    val screen: Screen get() = activity.session.screen
    val marking: Marking get() = (screen as Screen.Mark).marking
    val view: MarkingView get() = activity.findViewById(R.id.marking)

    /** The camera's app takes a picture into the address that it was given. */
    fun photograph(photo: File = WAYBILL) {
        activity.press(R.id.camera)
        val asked = shadowOf(activity).nextStartedActivityForResult
        assertEquals(MediaStore.ACTION_IMAGE_CAPTURE, asked.intent.action)
        @Suppress("DEPRECATION")
        assertEquals(SharedFiles.uri(SharedFiles.PHOTO), asked.intent.getParcelableExtra(MediaStore.EXTRA_OUTPUT))
        photo.copyTo(SharedFiles.file(activity, SharedFiles.PHOTO), overwrite = true)
        shadowOf(activity).receiveResult(asked.intent, Activity.RESULT_OK, Intent())
        waitUntil("the photo is open") { screen !is Screen.Opening }
        assertTrue("$screen", screen is Screen.Mark)
    }

    /** Draw around a rectangle of the photo with a finger. */
    fun mark(rectangle: Rectangle) {
        val v = viewport()
        val from = v.toView(Point(rectangle.x, rectangle.y))
        val to = v.toView(Point(rectangle.x + rectangle.width, rectangle.y + rectangle.height))
        activity.drag(view, from.x to from.y, (from.x + to.x) / 2 to (from.y + to.y) / 2, to.x to to.y)
    }

    /** A place of the photo on the view. */
    fun at(
        x: Float,
        y: Float,
    ) = viewport().toView(Point(x, y)).let { it.x to it.y }

    private fun viewport(): Viewport {
        val photo = checkNotNull(view.photo)
        return Viewport.whole(photo.width, photo.height, view.width, view.height, 16 * view.resources.displayMetrics.density)
    }

    fun turn(qualifiers: String) {
        val before = activity
        RuntimeEnvironment.setQualifiers(qualifiers)
        controller.recreate()
        idle()
        assertNotEquals("a new Activity", before, activity)
    }

    /** The system ends the process and starts it again with nothing but what was saved. */
    fun dieAndComeBack() {
        val saved = Bundle()
        val before = activity
        controller
            .saveInstanceState(saved)
            .pause()
            .stop()
            .destroy()
        controller = Robolectric.buildActivity(MainActivity::class.java).setup(saved)
        idle()
        assertNotEquals("a new session", before.session, activity.session)
    }

    fun close() {
        if (!activity.isDestroyed) controller.pause().stop().destroy()
        idle()
    }
}
