package ctpn.core

import ctpn.core.layout.Quad

/**
 * One line of text.
 *
 * @property quad in pixels of the upright photo.
 * @property score probability that this is text, in 0 … 1.
 * @property text the text, empty if nothing can be read; null where only detection was asked for.
 * @property textScore how confident the recogniser is of [text], in 0 … 1.
 * @property region index of the region that it was found in; null without regions.
 */
data class TextLine(
    val quad: Quad,
    val score: Float,
    val text: String? = null,
    val textScore: Float? = null,
    val region: Int? = null,
)
