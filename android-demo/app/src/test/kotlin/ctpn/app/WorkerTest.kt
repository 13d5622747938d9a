package ctpn.app

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.util.concurrent.CountDownLatch

@RunWith(RobolectricTestRunner::class)
class WorkerTest {
    private val told = mutableListOf<String>()

    @Test
    fun `what is superseded is interrupted and not told`() {
        val worker = Worker()
        val began = CountDownLatch(1)
        worker.start(
            {
                began.countDown()
                Thread.sleep(60_000)
            },
            { told += "first" },
            { told += "first failed" },
        )
        began.await()
        worker.start({ 2 }, { told += "second $it" }, { told += "second failed" })
        waitUntil("the second is done") { told.isNotEmpty() }
        idle()
        assertEquals(listOf("second 2"), told)
        worker.close()
    }

    @Test
    fun `errors are told, and closing runs the last thing after what is being done`() {
        val worker = Worker()
        worker.start({ error("broken") }, { told += "done" }, { told += "${it.message}" })
        waitUntil("it fails") { told.isNotEmpty() }
        val began = CountDownLatch(1)
        val ended = mutableListOf<Boolean>()
        worker.start(
            {
                began.countDown()
                runCatching { Thread.sleep(60_000) }
                ended += true
            },
            { told += "done" },
            { told += "failed" },
        )
        began.await()
        var order = emptyList<Boolean>()
        val closed = CountDownLatch(1)
        worker.close {
            order = ended.toList()
            closed.countDown()
        }
        closed.await()
        idle()
        assertEquals(listOf("broken"), told)
        assertTrue(order.single())
    }
}
