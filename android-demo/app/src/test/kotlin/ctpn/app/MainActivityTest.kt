package ctpn.app

import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner

@RunWith(RobolectricTestRunner::class)
class MainActivityTest {
    @Test
    fun opens() {
        val a = Robolectric.buildActivity(MainActivity::class.java).setup().get()
        assertEquals("CTPN", a.title)
    }
}
