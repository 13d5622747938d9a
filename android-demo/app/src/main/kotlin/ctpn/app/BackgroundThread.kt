package ctpn.app

import android.os.Handler
import android.os.Looper
import java.util.concurrent.Executors
import java.util.concurrent.Future

/**
 * One thread for all that takes time: photos and models are large, so never two at once. A new job supersedes the one before, whose
 * result is dropped. To be called on the main thread, on which results arrive.
 */
class BackgroundThread : AutoCloseable {
    private val main = Handler(Looper.getMainLooper())
    private val thread = Executors.newSingleThreadExecutor { Thread(it, "ctpn").apply { priority = Thread.NORM_PRIORITY - 1 } }
    private var current: Future<*>? = null
    private var latest = 0

    /** Do [job] instead of the present one; then one of [done] and [failed] is called, unless a newer job has started. */
    fun <T> start(
        job: () -> T,
        done: (T) -> Unit,
        failed: (Throwable) -> Unit,
    ) {
        drop()
        val mine = latest
        current =
            thread.submit {
                val outcome = runCatching(job)
                main.post { if (mine == latest) outcome.fold(done, failed) }
            }
    }

    /** Drop the present job; the reader stops soon when it is interrupted. */
    fun drop() {
        latest++
        current?.cancel(true)
        current = null
    }

    /** Drop the present job, then do [last] on the thread and end it. */
    fun close(last: () -> Unit) {
        drop()
        thread.execute(last)
        thread.shutdown()
    }

    override fun close() = close {}
}
