package ctpn.app

import ctpn.core.layout.Point
import org.junit.Assert.assertEquals
import org.junit.Test

class ViewportTest {
    private val wide = Viewport.whole(4000, 3000, 1000, 1500, 16f)

    private fun assertSame(
        expected: Point,
        got: Point,
    ) {
        assertEquals(expected.x, got.x, 0.01f)
        assertEquals(expected.y, got.y, 0.01f)
    }

    @Test
    fun `the whole photo is in the middle, within its margin`() {
        assertEquals(968f / 4000, wide.scale, 1e-6f)
        assertSame(Point(16f, (1500 - 726) / 2f), wide.toView(Point(0f, 0f)))
        assertSame(Point(984f, (1500 + 726) / 2f), wide.toView(Point(4000f, 3000f)))
        assertSame(Point(1000f, 2000f), wide.toView(Point(1000f, 2000f)).let { wide.toPhoto(it.x, it.y) })
    }

    @Test
    fun `what is under the fingers stays under them`() {
        val under = wide.toPhoto(400f, 800f)
        assertSame(Point(400f, 800f), wide.pinched(3f, 400f, 800f, 0f, 0f).toView(under))
        assertSame(Point(430f, 790f), wide.pinched(3f, 430f, 790f, 30f, -10f).toView(under))
    }

    @Test
    fun `it gets no smaller than the whole photo and no larger than allowed`() {
        assertEquals(wide, wide.pinched(0.1f, 10f, 10f, 0f, 0f))
        assertEquals(Viewport.MAX_SCALE, wide.pinched(1e6f, 500f, 750f, 0f, 0f).scale, 0f)
    }

    @Test
    fun `a zoomed photo fills the view`() {
        val large = wide.pinched(4f, 500f, 750f, 0f, 0f)
        assertSame(Point(16f, 16f), large.moved(1e6f, 1e6f).toView(Point(0f, 0f)))
        assertSame(Point(984f, 1484f), large.moved(-1e6f, -1e6f).toView(Point(4000f, 3000f)))
    }

    @Test
    fun `a photo of one pixel and a view of size 0`() {
        assertEquals(968f, Viewport.whole(1, 1, 1000, 1500, 16f).scale, 1e-3f)
        assertEquals(true, Viewport.whole(10, 10, 0, 0, 16f).scale > 0)
    }
}
