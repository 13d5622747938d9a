package ctpn.core

/** What a user marks on a photo: four corners in any direction around a convex area, in pixels of the upright photo. */
data class Region(
    val corners: Quad,
) {
    companion object {
        /** A rectangle by its top left corner and its size. */
        fun rectangle(
            x: Float,
            y: Float,
            width: Float,
            height: Float,
        ): Region = Region(Quad.of(x, y, x + width, y, x + width, y + height, x, y + height))
    }
}
