package androidx.test.platform.app

import android.app.Instrumentation
import android.os.Bundle

/** What Robolectric needs of androidx.test, which only Google's repository has: here where its instrumentation is kept. */
object InstrumentationRegistry {
    private var current: Instrumentation? = null
    private var options = Bundle()

    @JvmStatic
    fun registerInstance(
        instrumentation: Instrumentation?,
        arguments: Bundle?,
    ) {
        current = instrumentation
        options = arguments ?: Bundle()
    }

    @JvmStatic
    fun getInstrumentation(): Instrumentation = checkNotNull(current) { "no instrumentation is registered" }

    @JvmStatic
    fun getArguments() = Bundle(options)
}
