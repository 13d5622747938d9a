package ctpn.app

import ctpn.core.screen.Rectangle
import org.junit.After
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** Before each test the app with the sample waybill photographed, and where two of its fields are. */
@RunWith(RobolectricTestRunner::class)
abstract class OpenedWaybill {
    internal lateinit var app: Launched
    internal val recipient = Rectangle(136f, 455f, 435f, 49f)
    internal val number = Rectangle(246f, 273f, 215f, 33f)

    @Before
    fun openPhoto() {
        app = Launched()
        app.photograph()
    }

    @After
    fun close() = app.close()
}
