package androidx.test.runner.intent

import android.app.Instrumentation
import android.content.Intent

fun interface IntentCallback {
    fun onIntentSent(intent: Intent)
}

interface IntentMonitor {
    fun addIntentCallback(callback: IntentCallback)

    fun removeIntentCallback(callback: IntentCallback)
}

fun interface IntentStubber {
    fun getActivityResultForIntent(intent: Intent): Instrumentation.ActivityResult?
}

object IntentMonitorRegistry {
    private var monitor: IntentMonitor? = null

    @JvmStatic
    fun registerInstance(instance: IntentMonitor?) {
        monitor = instance
    }

    @JvmStatic
    fun getInstance(): IntentMonitor = checkNotNull(monitor)
}

object IntentStubberRegistry {
    private var stubber: IntentStubber? = null

    @JvmStatic
    fun isLoaded() = stubber != null

    @JvmStatic
    fun load(instance: IntentStubber) {
        stubber = instance
    }

    @JvmStatic
    fun getInstance(): IntentStubber = checkNotNull(stubber)
}
