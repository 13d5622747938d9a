package ctpn.core.screen

import ctpn.core.TextLine
import ctpn.core.layout.Region

/** A photo that was chosen: where it comes from (an app's own word for it, as a content URI) and its upright size in pixels. */
data class Photo(
    val source: String,
    val width: Int,
    val height: Int,
)

/** A marked rectangle in pixels of the upright photo. */
data class Rectangle(
    val x: Float,
    val y: Float,
    val width: Float,
    val height: Float,
) {
    fun region(): Region = Region.rectangle(x, y, width, height)
}

/**
 * What is marked on a photo, and what was before, so that it can be undone.
 *
 * @property rectangles in the order of marking.
 * @property selected index of the one that shows its handles, or null.
 * @property past earlier `rectangles`, the latest last.
 */
data class Marking(
    val rectangles: List<Rectangle> = emptyList(),
    val selected: Int? = null,
    val past: List<List<Rectangle>> = emptyList(),
) {
    val canUndo: Boolean get() = past.isNotEmpty()

    /** One more rectangle, which is then selected. */
    fun add(rectangle: Rectangle): Marking = changed(rectangles + rectangle, rectangles.size)

    /** Another place or size for the rectangle [index]: one call a gesture, so that one undo takes it back. */
    fun replace(
        index: Int,
        rectangle: Rectangle,
    ): Marking = changed(rectangles.toMutableList().also { it[index] = rectangle }, index)

    fun delete(index: Int): Marking = changed(rectangles.filterIndexed { i, _ -> i != index }, null)

    fun select(index: Int?): Marking = copy(selected = index?.takeIf { it in rectangles.indices })

    fun undo(): Marking = if (canUndo) Marking(past.last(), null, past.dropLast(1)) else this

    private fun changed(
        now: List<Rectangle>,
        selected: Int?,
    ): Marking = if (now == rectangles) select(selected) else Marking(now, selected, (past + listOf(rectangles)).takeLast(MAX_UNDO))

    companion object {
        const val MAX_UNDO = 50
    }
}

/** Why something failed; `detail` is the error's own message. */
enum class Failure { PHOTO, READER, NO_CAMERA, MEMORY }

/** What the screen shows. Each is complete: a screen is drawn from its state alone. */
sealed interface Screen {
    /** Nothing yet: camera or gallery. */
    data object Choose : Screen

    /** The photo is being decoded. */
    data class Opening(
        val source: String,
    ) : Screen

    /** The user marks regions. */
    data class Mark(
        val photo: Photo,
        val marking: Marking = Marking(),
    ) : Screen

    /** The text is being read; a result with another [job] is of no interest any more. Without rectangles the whole photo is read. */
    data class Reading(
        val photo: Photo,
        val marking: Marking,
        val job: Int,
    ) : Screen

    /** The lines, empty when there is no text; `milliseconds` is what reading took. */
    data class Results(
        val photo: Photo,
        val marking: Marking,
        val lines: List<TextLine>,
        val milliseconds: Long,
    ) : Screen

    /** The user is content: the app hands the lines on and ends. */
    data class Done(
        val lines: List<TextLine>,
    ) : Screen

    /** Something failed; [back] is where the user goes on. */
    data class Failed(
        val failure: Failure,
        val detail: String,
        val back: Screen,
    ) : Screen
}

/** What happens to a screen: by the user, or by the work that goes on behind it. */
sealed interface Event {
    /** Camera or gallery gave a photo. */
    data class PhotoChosen(
        val source: String,
    ) : Event

    /** It is decoded. */
    data class PhotoOpened(
        val photo: Photo,
    ) : Event

    data class MarkingChanged(
        val marking: Marking,
    ) : Event

    /** Read what is marked; [job] is a number that no reading had before. */
    data class ReadAsked(
        val job: Int,
    ) : Event

    data class ReadEnded(
        val job: Int,
        val lines: List<TextLine>,
        val milliseconds: Long,
    ) : Event

    /** [job] is the reading that failed, null for anything else. */
    data class Broke(
        val failure: Failure,
        val detail: String,
        val job: Int? = null,
    ) : Event

    /** 重拍: another photo. */
    data object Retake : Event

    /** 完成. */
    data object Finish : Event

    /** The system's back: from results to the marks, from reading to the marks, from marks to choosing, from an error on. */
    data object Back : Event
}

/** The screen after an event. An event that means nothing on a screen (a late result, a second tap) leaves it as it is. */
fun Screen.after(event: Event): Screen =
    when (event) {
        is Event.PhotoChosen -> Screen.Opening(event.source)
        is Event.PhotoOpened -> if (this is Screen.Opening && source == event.photo.source) Screen.Mark(event.photo) else this
        is Event.MarkingChanged -> if (this is Screen.Mark) copy(marking = event.marking) else this
        is Event.ReadAsked -> if (this is Screen.Mark) Screen.Reading(photo, marking, event.job) else this
        is Event.ReadEnded -> ended(event)
        is Event.Broke -> broken(event)
        is Event.Retake -> Screen.Choose
        is Event.Finish -> if (this is Screen.Results) Screen.Done(lines) else this
        is Event.Back -> before()
    }

private fun Screen.ended(event: Event.ReadEnded): Screen =
    if (this is Screen.Reading && job == event.job) Screen.Results(photo, marking, event.lines, event.milliseconds) else this

private fun Screen.broken(event: Event.Broke): Screen =
    when {
        this is Screen.Failed -> this
        event.job != null && (this !is Screen.Reading || job != event.job) -> this
        else -> Screen.Failed(event.failure, event.detail, before())
    }

/** Where going back leads. */
private fun Screen.before(): Screen =
    when (this) {
        is Screen.Reading -> Screen.Mark(photo, marking)
        is Screen.Results -> Screen.Mark(photo, marking)
        is Screen.Failed -> back
        else -> Screen.Choose
    }
