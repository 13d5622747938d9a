package ctpn.app

import android.graphics.Bitmap
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.TextView
import ctpn.core.screen.Event
import ctpn.core.screen.Failure
import ctpn.core.screen.Screen

/** One layout and how it shows a state of the screen. */
internal interface Page {
    val view: View

    /** What TalkBack says when the page appears. */
    val title: Int

    fun show(
        screen: Screen,
        picture: Bitmap?,
    )
}

internal fun ViewGroup.inflate(layout: Int): View =
    android.view.LayoutInflater
        .from(context)
        .inflate(layout, this, false)

internal fun View.onTap(
    id: Int,
    action: () -> Unit,
) = findViewById<View>(id).setOnClickListener { action() }

/** Where a photo may come from; and the benchmark, which is an Activity of its own. */
internal interface Sources {
    fun camera()

    fun gallery()

    fun sample()

    fun benchmark()
}

/** 拍照, 从相册选择. */
internal class ChoosePage(
    root: ViewGroup,
    sources: Sources,
) : Page {
    override val view = root.inflate(R.layout.choose)
    override val title = R.string.app_name

    init {
        view.onTap(R.id.camera, sources::camera)
        view.onTap(R.id.gallery, sources::gallery)
        view.onTap(R.id.sample, sources::sample)
        view.onTap(R.id.benchmark, sources::benchmark)
    }

    override fun show(
        screen: Screen,
        picture: Bitmap?,
    ) = Unit
}

/** 请标记区域. */
internal class MarkPage(
    root: ViewGroup,
    private val session: Session,
) : Page {
    override val view = root.inflate(R.layout.mark)
    override val title = R.string.mark_title
    private val marking: MarkingView = view.findViewById(R.id.marking)
    private val undo: View = view.findViewById(R.id.undo)
    private val delete: View = view.findViewById(R.id.delete)
    private val read: Button = view.findViewById(R.id.read)

    init {
        marking.onMarking = { session.send(Event.MarkingChanged(it)) }
        undo.setOnClickListener { session.send(Event.MarkingChanged(marking.marking.undo())) }
        delete.setOnClickListener { deleteSelected() }
        read.setOnClickListener { session.read() }
        view.onTap(R.id.back) { session.send(Event.Back) }
    }

    private fun deleteSelected() {
        val now = marking.marking
        now.selected?.let { session.send(Event.MarkingChanged(now.delete(it))) }
    }

    override fun show(
        screen: Screen,
        picture: Bitmap?,
    ) {
        val photo = screen.photo ?: return
        val now = if (screen is Screen.Reading) screen.marking else (screen as Screen.Mark).marking
        marking.show(photo, picture)
        marking.marking = now
        undo.isEnabled = now.canUndo
        delete.isEnabled = now.selected != null
        val count = now.rectangles.size
        read.text =
            if (count == 0) {
                view.context.getString(R.string.read_all)
            } else {
                view.resources.getQuantityString(R.plurals.read_marked, count, count)
            }
    }
}

/** An error, and a button to go on. */
internal class FailedPage(
    root: ViewGroup,
    session: Session,
) : Page {
    override val view = root.inflate(R.layout.failed)
    override val title = R.string.app_name

    init {
        view.onTap(R.id.go_on) { session.send(Event.Back) }
    }

    override fun show(
        screen: Screen,
        picture: Bitmap?,
    ) {
        screen as Screen.Failed
        view.findViewById<TextView>(R.id.failure).setText(
            when (screen.failure) {
                Failure.PHOTO -> R.string.failed_photo
                Failure.READER -> R.string.failed_reader
                Failure.NO_CAMERA -> R.string.failed_camera
                Failure.MEMORY -> R.string.failed_memory
            },
        )
        view.findViewById<TextView>(R.id.detail).text = screen.detail
    }
}
