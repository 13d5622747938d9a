@file:NewerAndroid

package ctpn.app

import android.app.Activity
import android.os.Build
import android.view.View
import android.view.WindowInsets
import android.window.OnBackInvokedCallback
import android.window.OnBackInvokedDispatcher

/** Since Android 15 an app's window lies under the system's bars as well: keep buttons and texts clear of them. */
internal fun View.keepClearOfBars() =
    setOnApplyWindowInsetsListener { view, insets ->
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
            val bars = insets.getInsets(WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout())
            view.setPadding(bars.left, bars.top, bars.right, bars.bottom)
        } else {
            keepClearOfOldBars(view, insets)
        }
        insets
    }

@Suppress("DEPRECATION") // the only way before Android 11
private fun keepClearOfOldBars(
    view: View,
    insets: WindowInsets,
) = view.setPadding(
    insets.systemWindowInsetLeft,
    insets.systemWindowInsetTop,
    insets.systemWindowInsetRight,
    insets.systemWindowInsetBottom,
)

/** The system's back, since Android 13 by callback: [handle] says whether it is ours; otherwise it leaves the app with its animation. */
@NewerAndroid
internal class BackKey(
    private val activity: Activity,
    private val pressed: () -> Unit,
) {
    private var callback: Any? = null

    fun handle(ours: Boolean) {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU || ours == (callback != null)) return
        val dispatcher = activity.onBackInvokedDispatcher
        callback =
            if (ours) {
                OnBackInvokedCallback(
                    pressed,
                ).also { dispatcher.registerOnBackInvokedCallback(OnBackInvokedDispatcher.PRIORITY_DEFAULT, it) }
            } else {
                dispatcher.unregisterOnBackInvokedCallback(callback as OnBackInvokedCallback)
                null
            }
    }
}
