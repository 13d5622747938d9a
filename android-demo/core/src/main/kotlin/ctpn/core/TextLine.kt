package ctpn.core

import ctpn.core.layout.Quad

/**
 * Something about a photo that a user of its result should know.
 *
 * @property code what it is, for programs: "limit_reached" is that so much text was found that only the best was kept.
 * @property message the same for people, one line.
 */
data class PageWarning(
    val code: String,
    val message: String,
)

/** The lines of a photo, region by region, in reading order in each, and what was noticed about it; equal to any list of these lines. */
class PageResult(
    private val lines: List<TextLine>,
    val warnings: List<PageWarning>,
) : List<TextLine> by lines {
    override fun equals(other: Any?): Boolean = lines == (if (other is PageResult) other.lines else other)

    override fun hashCode(): Int = lines.hashCode()

    override fun toString(): String = lines.toString()
}

/**
 * One line of text.
 *
 * @property quad in pixels of the upright photo.
 * @property score probability that this is text, in 0 … 1.
 * @property text the text, empty if nothing can be read; null where only detection was asked for.
 * @property textScore the probability that every character of [text] is right, in 0 … 1.
 * @property region index of the region that it was found in; null without regions.
 */
data class TextLine(
    val quad: Quad,
    val score: Float,
    val text: String? = null,
    val textScore: Float? = null,
    val region: Int? = null,
)
