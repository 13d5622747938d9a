package androidx.test.runner.lifecycle

import android.app.Activity
import android.app.Application

enum class Stage { PRE_ON_CREATE, CREATED, STARTED, RESUMED, PAUSED, STOPPED, RESTARTED, DESTROYED }

enum class ApplicationStage { PRE_ON_CREATE, CREATED }

fun interface ActivityLifecycleCallback {
    fun onActivityLifecycleChanged(
        activity: Activity,
        stage: Stage,
    )
}

fun interface ApplicationLifecycleCallback {
    fun onApplicationLifecycleChanged(
        app: Application,
        stage: ApplicationStage,
    )
}

interface ActivityLifecycleMonitor {
    fun addLifecycleCallback(callback: ActivityLifecycleCallback)

    fun removeLifecycleCallback(callback: ActivityLifecycleCallback)

    fun getLifecycleStageOf(activity: Activity): Stage

    fun getActivitiesInStage(stage: Stage): Collection<Activity>
}

interface ApplicationLifecycleMonitor {
    fun addLifecycleCallback(callback: ApplicationLifecycleCallback)

    fun removeLifecycleCallback(callback: ApplicationLifecycleCallback)
}

object ActivityLifecycleMonitorRegistry {
    private var monitor: ActivityLifecycleMonitor? = null

    @JvmStatic
    fun registerInstance(instance: ActivityLifecycleMonitor?) {
        monitor = instance
    }

    @JvmStatic
    fun getInstance(): ActivityLifecycleMonitor = checkNotNull(monitor)
}

object ApplicationLifecycleMonitorRegistry {
    private var monitor: ApplicationLifecycleMonitor? = null

    @JvmStatic
    fun registerInstance(instance: ApplicationLifecycleMonitor?) {
        monitor = instance
    }

    @JvmStatic
    fun getInstance(): ApplicationLifecycleMonitor = checkNotNull(monitor)
}
