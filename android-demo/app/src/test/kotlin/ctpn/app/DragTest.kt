package ctpn.app

import ctpn.core.layout.Point
import ctpn.core.screen.Marking
import ctpn.core.screen.Photo
import ctpn.core.screen.Rectangle
import org.junit.Assert.assertEquals
import org.junit.Assert.assertSame
import org.junit.Test

/** A finger reaches 30 pixels, and has slipped only when it moves less than 10. */
class DragTest {
    private val photo = Photo("x", 1000, 800)
    private val first = Rectangle(100f, 100f, 200f, 160f)
    private val one = Marking().add(first)

    private fun Marking.dragged(
        x0: Float,
        y0: Float,
        x1: Float,
        y1: Float,
    ) = Drag(this, photo, Point(x0, y0), 30f).at(Point(x1, y1))

    private fun Marking.last() = rectangles.last()

    @Test
    fun `drawing in any direction makes the same rectangle`() {
        val expected = Rectangle(50f, 60f, 300f, 40f)
        for ((from, to) in listOf(
            Point(50f, 60f) to Point(350f, 100f),
            Point(350f, 100f) to Point(50f, 60f),
            Point(50f, 100f) to Point(350f, 60f),
        )) {
            val drawn = Marking().dragged(from.x, from.y, to.x, to.y)
            assertEquals(listOf(expected), drawn.rectangles)
            assertEquals(0, drawn.selected)
        }
    }

    @Test
    fun `drawing ends at the photo's edge`() {
        assertEquals(Rectangle(900f, 700f, 100f, 100f), Marking().dragged(900f, 700f, 5000f, 900f).last())
        assertEquals(Rectangle(0f, 0f, 20f, 30f), Marking().dragged(-40f, -1f, 20f, 30f).last())
    }

    @Test
    fun `what is too small is a tap`() {
        assertEquals(Marking(), Marking().dragged(500f, 500f, 505f, 505f))
        assertEquals(Marking(), Marking().dragged(500f, 500f, 700f, 505f)) // a line, no area
        assertEquals(null, one.dragged(500f, 500f, 501f, 500f).selected)
    }

    @Test
    fun `a rectangle moves and stays inside`() {
        assertEquals(first.copy(x = 150f, y = 80f), one.dragged(200f, 180f, 250f, 160f).last())
        assertEquals(first.copy(x = 800f, y = 640f), one.dragged(200f, 180f, 9000f, 9000f).last())
        assertEquals(1, one.dragged(200f, 180f, 9000f, 9000f).rectangles.size)
    }

    @Test
    fun `edges and corners of the selected one follow the finger`() {
        assertEquals(Rectangle(80f, 100f, 220f, 160f), one.dragged(95f, 180f, 75f, 180f).last())
        assertEquals(Rectangle(100f, 100f, 250f, 200f), one.dragged(310f, 270f, 360f, 310f).last())
        assertEquals(Rectangle(100f, 90f, 200f, 170f), one.dragged(200f, 105f, 200f, 95f).last())
        assertEquals(Rectangle(0f, 0f, 300f, 260f), one.dragged(100f, 100f, -500f, -500f).last())
    }

    @Test
    fun `no edge passes the other`() {
        assertEquals(Rectangle(290f, 100f, 10f, 160f), one.dragged(100f, 180f, 900f, 180f).last())
        assertEquals(Rectangle(100f, 100f, 200f, 10f), one.dragged(200f, 260f, 200f, -900f).last())
    }

    @Test
    fun `even a small one can be moved`() {
        val small = Marking().add(Rectangle(500f, 500f, 16f, 16f))
        assertEquals(Rectangle(540f, 500f, 16f, 16f), small.dragged(508f, 508f, 548f, 508f).last())
    }

    @Test
    fun `only the selected one can be grabbed by an edge`() {
        val none = one.select(null)
        val drawn = none.dragged(80f, 80f, 60f, 40f) // beside the corner: a new one
        assertEquals(listOf(first, Rectangle(60f, 40f, 20f, 40f)), drawn.rectangles)
    }

    @Test
    fun `the selected one goes before others, else the smallest`() {
        val nested = one.add(Rectangle(150f, 140f, 80f, 60f))
        assertEquals(1, nested.select(null).dragged(190f, 170f, 191f, 170f).selected)
        assertEquals(0, nested.select(0).dragged(190f, 170f, 191f, 170f).selected)
        assertEquals(0, nested.dragged(110f, 110f, 111f, 110f).selected)
    }

    @Test
    fun `one gesture is one step back`() {
        val drag = Drag(one, photo, Point(200f, 180f), 30f)
        drag.at(Point(300f, 300f))
        val moved = drag.at(Point(320f, 310f))
        assertEquals(one.rectangles, moved.undo().rectangles)
        assertSame(one.rectangles, moved.past.last())
    }
}
