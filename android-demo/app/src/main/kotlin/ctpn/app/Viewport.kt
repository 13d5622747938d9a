package ctpn.app

import ctpn.core.layout.Point

/**
 * Which part of a photo a view shows.
 *
 * @property scale view pixels per photo pixel.
 * @property left view x of the photo's left edge; [top] its upper edge.
 * @property margin of the view that stays free around the whole photo, so that marks at its edge can be grabbed.
 */
data class Viewport(
    val photoWidth: Int,
    val photoHeight: Int,
    val viewWidth: Int,
    val viewHeight: Int,
    val margin: Float,
    val scale: Float,
    val left: Float,
    val top: Float,
) {
    fun toPhoto(
        x: Float,
        y: Float,
    ) = Point((x - left) / scale, (y - top) / scale)

    fun toView(point: Point) = Point(left + point.x * scale, top + point.y * scale)

    /** Zoomed by [factor] around a place of the view, which itself moves by [dx], [dy]: what two fingers do. */
    fun pinched(
        factor: Float,
        x: Float,
        y: Float,
        dx: Float,
        dy: Float,
    ): Viewport {
        val smallest = minScale(photoWidth, photoHeight, viewWidth, viewHeight, margin)
        val now = (scale * factor).coerceIn(smallest, maxOf(smallest, MAX_SCALE))
        val under = toPhoto(x - dx, y - dy)
        return copy(scale = now, left = x - under.x * now, top = y - under.y * now).inside()
    }

    fun moved(
        dx: Float,
        dy: Float,
    ) = copy(left = left + dx, top = top + dy).inside()

    /** A photo larger than the view fills it; a smaller one is in the middle. */
    private fun inside() = copy(left = inside(left, photoWidth * scale, viewWidth), top = inside(top, photoHeight * scale, viewHeight))

    private fun inside(
        from: Float,
        length: Float,
        available: Int,
    ) = if (length + 2 * margin <= available) (available - length) / 2 else from.coerceIn(available - margin - length, margin)

    companion object {
        const val MAX_SCALE = 12f

        /** The whole photo, as large as fits. */
        fun whole(
            photoWidth: Int,
            photoHeight: Int,
            viewWidth: Int,
            viewHeight: Int,
            margin: Float,
        ) = minScale(photoWidth, photoHeight, viewWidth, viewHeight, margin).let {
            Viewport(photoWidth, photoHeight, viewWidth, viewHeight, margin, it, 0f, 0f).inside()
        }

        private fun minScale(
            photoWidth: Int,
            photoHeight: Int,
            viewWidth: Int,
            viewHeight: Int,
            margin: Float,
        ) = maxOf(minOf((viewWidth - 2 * margin) / photoWidth, (viewHeight - 2 * margin) / photoHeight), 1e-3f)
    }
}
