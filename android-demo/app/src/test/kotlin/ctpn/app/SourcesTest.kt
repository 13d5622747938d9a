package ctpn.app

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.provider.MediaStore
import ctpn.core.screen.Failure
import ctpn.core.screen.Screen
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import java.io.FileInputStream

/** Camera, gallery and sample: what other apps answer, or that they do not. */
@RunWith(RobolectricTestRunner::class)
class SourcesTest {
    private val app = Launched()
    private val taken get() = SharedFiles.file(app.activity, SharedFiles.PHOTO)

    @After
    fun close() = app.close()

    private fun asked(button: Int): Intent {
        app.activity.press(button)
        return shadowOf(app.activity).nextStartedActivityForResult.intent
    }

    private fun answer(
        asked: Intent,
        result: Int,
        data: Intent? = null,
    ) {
        shadowOf(app.activity).receiveResult(asked, result, data)
        waitUntil("the photo is open or not") { app.screen !is Screen.Opening }
    }

    @Test
    fun `the photo picker's photo may be read once, and outlives the process`() {
        val picker = asked(R.id.gallery)
        assertEquals(MediaStore.ACTION_PICK_IMAGES, picker.action)
        val uri = Uri.parse("content://media/picker/0/1")
        shadowOf(app.activity.contentResolver).registerInputStream(uri, FileInputStream(WAYBILL))
        answer(picker, Activity.RESULT_OK, Intent().setData(uri))
        val marked = app.screen
        assertEquals(uri.toString(), (marked as Screen.Mark).photo.source)
        app.dieAndComeBack()
        assertEquals(marked, app.screen)
        waitUntil("the photo is there again") { app.activity.session.picture != null }
    }

    @Test
    fun `cancelling leads back to where the user was`() {
        for (button in listOf(R.id.camera, R.id.gallery)) {
            answer(asked(button), Activity.RESULT_CANCELED)
            assertEquals(Screen.Choose, app.screen)
        }
        answer(asked(R.id.gallery), Activity.RESULT_OK, Intent()) // a picker that picks nothing
        assertEquals(Screen.Choose, app.screen)
    }

    @Test
    fun `a phone without such an app says so`() {
        shadowOf(app.activity.application).checkActivities(true)
        for (button in listOf(R.id.camera, R.id.gallery)) {
            app.activity.press(button)
            assertEquals(Failure.NO_CAMERA, (app.screen as Screen.Failed).failure)
            assertTrue("没有可用的应用" in app.activity.texts())
            app.activity.press(R.id.go_on)
            assertEquals(Screen.Choose, app.screen)
        }
    }

    @Test
    fun `an app that gives no photo is an error with a way back`() {
        answer(asked(R.id.gallery), Activity.RESULT_OK, Intent().setData(Uri.parse("content://gone/1")))
        assertEquals(Failure.PHOTO, (app.screen as Screen.Failed).failure)
        app.activity.press(R.id.go_on)
        answer(asked(R.id.camera), Activity.RESULT_OK) // it wrote nothing
        assertEquals(Failure.PHOTO, (app.screen as Screen.Failed).failure)
    }

    @Test
    fun `the process may end while the camera is in front`() {
        app.activity.press(R.id.camera)
        app.dieAndComeBack()
        WAYBILL.copyTo(taken)

        @Suppress("DEPRECATION") // the new Activity is not the one that asked
        shadowOf(app.activity).callOnActivityResult(1, Activity.RESULT_OK, null)
        waitUntil("the photo is open") { app.screen is Screen.Mark }
        assertFalse("the camera's file stays", taken.exists())
    }

    @Test
    fun `a photo that was left behind is deleted at the next start`() {
        val left =
            app.activity.filesDir
                .resolve("photo")
                .apply { writeText("x") }
        val again = Launched()
        waitUntil("it is deleted") { !left.exists() }
        again.close()
    }

    @Test
    fun `the sample is a photo as well`() {
        app.activity.press(R.id.sample)
        waitUntil("it is open") { app.screen is Screen.Mark }
        assertEquals(Photos.SAMPLE, app.screen.photo!!.source)
    }
}
