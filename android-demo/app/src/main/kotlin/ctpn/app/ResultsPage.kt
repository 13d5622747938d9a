package ctpn.app

import android.graphics.Bitmap
import android.view.View
import android.view.ViewGroup
import android.widget.BaseAdapter
import android.widget.ListView
import android.widget.TextView
import ctpn.core.TextLine
import ctpn.core.screen.Event
import ctpn.core.screen.Screen
import java.text.NumberFormat
import kotlin.math.floor

/** A probability in per cent. */
internal fun percent(probability: Float): String = "${floor(100 * probability + 0.5f).toInt()}%"

/** What is copied and shared: one line each, an empty one between regions. */
internal fun List<TextLine>.text(): String =
    groupBy { it.region }.values.joinToString("\n\n") { region -> region.mapNotNull { it.text?.ifEmpty { null } }.joinToString("\n") }

/** The text of the marked regions above the photo, 重拍 and 完成 below. */
internal class ResultsPage(
    root: ViewGroup,
    session: Session,
    copy: (String) -> Unit,
    share: (String) -> Unit,
) : Page {
    override val view = root.inflate(R.layout.results)
    override val title = R.string.results_title
    private val photo: ResultView = view.findViewById(R.id.photo)
    private val list: ListView = view.findViewById(R.id.lines)
    private val summary: TextView = view.findViewById(R.id.summary)
    private val rows = Rows()

    init {
        list.adapter = rows
        list.setOnItemClickListener { _, _, at, _ -> select((rows.getItem(at) as? Row.Line)?.index) }
        list.setOnItemLongClickListener { _, _, at, _ -> (rows.getItem(at) as? Row.Line)?.let { copy(it.line.text.orEmpty()) } != null }
        photo.onSelected = { index ->
            select(index)
            list.smoothScrollToPosition(rows.positionOf(index ?: 0))
        }
        view.onTap(R.id.back) { session.send(Event.Back) }
        view.onTap(R.id.copy) { copy(photo.lines.text()) }
        view.onTap(R.id.share) { share(photo.lines.text()) }
        view.onTap(R.id.retake) { session.send(Event.Retake) }
        view.onTap(R.id.done) { session.send(Event.Finish) }
    }

    private fun select(index: Int?) {
        photo.selected = index
        rows.selected = index
    }

    override fun show(
        screen: Screen,
        picture: Bitmap?,
    ) {
        screen as Screen.Results
        photo.show(screen.photo, picture)
        photo.lines = screen.lines
        rows.show(screen.lines, screen.marking.rectangles.size)
        val count = screen.lines.size
        val seconds = NumberFormat.getInstance().apply { maximumFractionDigits = 1 }.format(screen.milliseconds / 1000.0)
        summary.text = view.resources.getQuantityString(R.plurals.lines_in, count, count, seconds)
        view.findViewById<View>(R.id.nothing).visibility = if (rows.isEmpty) View.VISIBLE else View.GONE
        for (id in listOf(R.id.copy, R.id.share)) view.findViewById<View>(id).isEnabled = screen.lines.text().isNotBlank()
    }
}

internal sealed interface Row {
    /** @property number of the region, from 1. */
    data class Heading(
        val number: Int,
    ) : Row

    /** A region without text. */
    data object Nothing : Row

    /** @property index among all lines. */
    data class Line(
        val index: Int,
        val line: TextLine,
    ) : Row
}

/** Lines in their order; with regions, each under its heading. */
internal fun rowsOf(
    lines: List<TextLine>,
    regions: Int,
): List<Row> {
    val all = lines.mapIndexed { i, line -> Row.Line(i, line) }
    if (regions == 0) return all
    return (0 until regions).flatMap { region ->
        listOf(Row.Heading(region + 1)) + all.filter { it.line.region == region }.ifEmpty { listOf(Row.Nothing) }
    }
}

private class Rows : BaseAdapter() {
    private var rows: List<Row> = emptyList()

    var selected: Int? = null
        set(value) {
            field = value
            notifyDataSetChanged()
        }

    fun show(
        lines: List<TextLine>,
        regions: Int,
    ) {
        rows = rowsOf(lines, regions)
        notifyDataSetChanged()
    }

    fun positionOf(line: Int) = rows.indexOfFirst { it is Row.Line && it.index == line }

    override fun getCount() = rows.size

    override fun getItem(position: Int) = rows[position]

    override fun getItemId(position: Int) = position.toLong()

    override fun getViewTypeCount() = 2

    override fun getItemViewType(position: Int) = if (rows[position] is Row.Line) 1 else 0

    override fun isEnabled(position: Int) = rows[position] is Row.Line

    override fun areAllItemsEnabled() = false

    override fun getView(
        position: Int,
        old: View?,
        parent: ViewGroup,
    ): View =
        when (val row = rows[position]) {
            is Row.Heading -> heading(old, parent, R.color.primary, parent.context.getString(R.string.region, row.number))
            is Row.Nothing -> heading(old, parent, R.color.ink_soft, parent.context.getString(R.string.nothing_here))
            is Row.Line -> (old ?: parent.inflate(R.layout.line)).also { show(it, row) }
        }

    private fun heading(
        old: View?,
        parent: ViewGroup,
        colour: Int,
        says: String,
    ): View =
        (old ?: parent.inflate(R.layout.heading)).also {
            it as TextView
            it.text = says
            it.setTextColor(it.context.getColor(colour))
        }

    private fun show(
        view: View,
        row: Row.Line,
    ) {
        val text = row.line.text?.ifEmpty { null } ?: view.context.getString(R.string.unreadable)
        val confidence = percent(row.line.textScore ?: 0f)
        view.findViewById<TextView>(R.id.text).text = text
        view.findViewById<TextView>(R.id.confidence).text = confidence
        view.contentDescription = view.context.getString(R.string.line_described, text, confidence)
        view.isActivated = row.index == selected
    }
}
