package ctpn.app

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.util.concurrent.CountDownLatch

@RunWith(RobolectricTestRunner::class)
class BackgroundThreadTest {
    private val reported = mutableListOf<String>()

    @Test
    fun `what is superseded is interrupted and not reported`() {
        val background = BackgroundThread()
        val began = CountDownLatch(1)
        background.start(
            {
                began.countDown()
                Thread.sleep(60_000)
            },
            { reported += "first" },
            { reported += "first failed" },
        )
        began.await()
        background.start({ 2 }, { reported += "second $it" }, { reported += "second failed" })
        waitUntil("the second is done") { reported.isNotEmpty() }
        idle()
        assertEquals(listOf("second 2"), reported)
        background.close()
    }

    @Test
    fun `errors are reported, and closing does its last job after the present one`() {
        val background = BackgroundThread()
        background.start({ error("broken") }, { reported += "done" }, { reported += "${it.message}" })
        waitUntil("it fails") { reported.isNotEmpty() }
        val began = CountDownLatch(1)
        val ended = mutableListOf<Boolean>()
        background.start(
            {
                began.countDown()
                runCatching { Thread.sleep(60_000) }
                ended += true
            },
            { reported += "done" },
            { reported += "failed" },
        )
        began.await()
        var order = emptyList<Boolean>()
        val closed = CountDownLatch(1)
        background.close {
            order = ended.toList()
            closed.countDown()
        }
        closed.await()
        idle()
        assertEquals(listOf("broken"), reported)
        assertTrue(order.single())
    }
}
