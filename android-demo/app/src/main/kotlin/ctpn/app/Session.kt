package ctpn.app

import android.content.Context
import android.graphics.Bitmap
import ctpn.core.CtpnException
import ctpn.core.Event
import ctpn.core.Failure
import ctpn.core.Photo
import ctpn.core.Screen
import ctpn.core.after
import ctpn.core.restored
import ctpn.core.saved

/**
 * What outlives an Activity that is turned: the screen's state, the photo's pixels, the thread and the models. The state is all of
 * it that outlives the process: [saved].
 */
class Session(
    context: Context,
    saved: String? = null,
) {
    private val photos = Photos(context)
    private val models = Models(context.assets)
    private val worker = Worker()
    private var jobs = 0

    /** Told after each change; null while no Activity is there. */
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
            forget() // the one before may have been ended without a word
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

    /** The work that a change of the screen asks for, or makes void. */
    private fun follow(
        before: Screen,
        now: Screen,
    ) {
        when {
            now is Screen.Opening -> open(now.source)
            now is Screen.Reading -> read(now)
            before is Screen.Opening || before is Screen.Reading -> worker.drop()
        }
        if (now is Screen.Choose || now is Screen.Done) forget()
    }

    private fun open(source: String) {
        picture = null
        worker.start(
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
        worker.start(
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
        worker.start(
            job = {
                // Right after a restart the photo may not be there yet: this job is later on the same thread, so decode it here.
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

    /** Nothing of a photo stays behind when its user is done with it. */
    private fun forget() {
        worker.start({ photos.forget() }, {}, {})
        picture = null
    }

    /** The Activity is gone. [forGood]: so is its user, who will not come back to this photo. */
    fun close(forGood: Boolean) {
        onChange = null
        worker.close {
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
