package ctpn.app

import android.content.Context
import android.graphics.Bitmap
import ctpn.core.CtpnException
import ctpn.core.screen.Event
import ctpn.core.screen.Failure
import ctpn.core.screen.Photo
import ctpn.core.screen.Screen
import ctpn.core.screen.after
import ctpn.core.screen.restored
import ctpn.core.screen.saved

/**
 * What outlives an Activity that is rotated: the screen's state, the photo's pixels, the thread and the models. Of these only the
 * state outlives the process: [saved].
 */
class Session(
    context: Context,
    saved: String? = null,
) {
    private val photos = Photos(context)
    private val models = Models(context.assets)
    private val background = BackgroundThread()
    private var jobs = 0

    /** Called after each change; null while there is no Activity. */
    var onChange: ((Screen) -> Unit)? = null

    var screen: Screen = saved?.let { restoredOrFirst(it) } ?: Screen.Choose
        private set

    /** The photo's pixels; null until they are decoded. */
    var picture: Bitmap? = null
        private set

    init {
        if (screen.photo != null) {
            reopen()
        } else if (saved == null) {
            forget() // the system may have ended the last process without notice
        }
    }

    fun saved(): String = screen.saved()

    fun send(event: Event) {
        val before = screen
        screen = before.after(event)
        if (screen == before) return
        follow(before, screen)
        onChange?.invoke(screen)
    }

    /** Read what is marked. */
    fun read() = send(Event.ReadAsked(++jobs))

    /** Start the work that a change of the screen needs, or drop what it no longer needs. */
    private fun follow(
        before: Screen,
        now: Screen,
    ) {
        when {
            now is Screen.Opening -> open(now.source)
            now is Screen.Reading -> read(now)
            before is Screen.Opening || before is Screen.Reading -> background.drop()
        }
        if (now is Screen.Choose || now is Screen.Done) forget()
    }

    private fun open(source: String) {
        picture = null
        background.start(
            job = { photos.open(source) },
            done = {
                picture = it
                send(Event.PhotoOpened(Photo(source, it.width, it.height)))
            },
            failed = { send(Event.Broke(failure(it, Failure.PHOTO), detail(it))) },
        )
    }

    /** After the system ended the app: the state is back, the pixels are not yet. */
    private fun reopen() {
        background.start(
            job = { photos.reopen() },
            done = {
                picture = it
                onChange?.invoke(screen)
            },
            failed = {
                send(Event.Retake)
                send(Event.Broke(failure(it, Failure.PHOTO), detail(it)))
            },
        )
    }

    private fun read(asked: Screen.Reading) {
        val marked = asked.marking.rectangles.map { it.region() }
        val shown = picture
        background.start(
            job = {
                // Right after a restart the photo may not be decoded yet, so decode it here: this job runs later on the same thread.
                val pixels = shown ?: photos.reopen()
                val reader = models.reader()
                val rgb = pixels.rgb()
                val start = System.nanoTime()
                Triple(pixels, reader.read(rgb, marked.ifEmpty { null }), (System.nanoTime() - start) / 1_000_000)
            },
            done = { (pixels, lines, milliseconds) ->
                picture = pixels
                send(Event.ReadEnded(asked.job, lines, milliseconds))
            },
            failed = { send(Event.Broke(failure(it, Failure.READER), detail(it), asked.job)) },
        )
    }

    /** Delete the photo when its user is done with it. */
    private fun forget() {
        background.start({ photos.forget() }, {}, {})
        picture = null
    }

    /** The Activity was destroyed. [forGood]: its user will not return to this photo. */
    fun close(forGood: Boolean) {
        onChange = null
        background.close {
            if (forGood) photos.forget()
            models.close()
        }
    }

    private fun restoredOrFirst(saved: String): Screen =
        try {
            restored(saved)
        } catch (_: CtpnException) {
            Screen.Choose // of another version of the app
        }

    private fun failure(
        cause: Throwable,
        otherwise: Failure,
    ) = if (cause is OutOfMemoryError) Failure.MEMORY else otherwise

    private fun detail(cause: Throwable): String =
        if (cause is CtpnException) cause.message.orEmpty() else "${cause.javaClass.simpleName}: ${cause.message}"
}

/** The photo a screen is about. */
val Screen.photo: Photo?
    get() =
        when (this) {
            is Screen.Mark -> photo
            is Screen.Reading -> photo
            is Screen.Results -> photo
            is Screen.Failed -> back.photo
            else -> null
        }
