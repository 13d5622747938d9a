package ctpn.core.screen

import ctpn.core.CtpnException
import ctpn.core.TextLine
import ctpn.core.layout.Quad
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

class ScreenTest {
    private val photo = Photo("content://photos/1", 4000, 3000)
    private val field = Rectangle(10f, 20f, 300f, 40.5f)
    private val lines = listOf(TextLine(Quad.of(1f, 2f, 3f, 2f, 3f, 4.25f, 1f, 4f), 0.75f, "请标记区域", 0.5f, 0))
    private val mark = Screen.Mark(photo, Marking().add(field))
    private val reading = Screen.Reading(photo, mark.marking, 7)
    private val results = Screen.Results(photo, mark.marking, lines, 123)

    @Test
    fun `from a photo to its text and on`() {
        val screens =
            listOf(
                Event.PhotoChosen(photo.source),
                Event.PhotoOpened(photo),
                Event.MarkingChanged(mark.marking),
                Event.ReadAsked(7),
                Event.ReadEnded(7, lines, 123),
                Event.Finish,
            ).runningFold(Screen.Choose as Screen) { screen, event -> screen.after(event) }
        assertEquals(
            listOf(Screen.Choose, Screen.Opening(photo.source), Screen.Mark(photo), mark, reading, results, Screen.Done(lines)),
            screens,
        )
    }

    @Test
    fun `retake starts again from anywhere`() {
        for (screen in listOf(mark, reading, results, Screen.Failed(Failure.READER, "", mark))) {
            assertEquals(Screen.Choose, screen.after(Event.Retake))
        }
    }

    @Test
    fun `back leads one step back and keeps the marks`() {
        assertEquals(mark, results.after(Event.Back))
        assertEquals(mark, reading.after(Event.Back))
        assertEquals(Screen.Choose, mark.after(Event.Back))
        assertEquals(Screen.Choose, Screen.Opening("x").after(Event.Back))
    }

    @Test
    fun `what comes too late changes nothing`() {
        assertSame(reading, reading.after(Event.ReadEnded(6, lines, 1)))
        assertSame(reading, reading.after(Event.Broke(Failure.READER, "old", 6)))
        assertSame(mark, mark.after(Event.ReadEnded(7, lines, 1)))
        assertSame(mark, mark.after(Event.Broke(Failure.READER, "old", 7)))
        val other = Screen.Opening("content://photos/2")
        assertSame(other, other.after(Event.PhotoOpened(photo)))
    }

    @Test
    fun `taps that mean nothing change nothing`() {
        assertSame(Screen.Choose, Screen.Choose.after(Event.ReadAsked(1)))
        assertSame(reading, reading.after(Event.ReadAsked(8)))
        assertSame(mark, mark.after(Event.Finish))
        assertSame(results, results.after(Event.MarkingChanged(Marking())))
    }

    @Test
    fun `errors are screens and lead back`() {
        val failed = reading.after(Event.Broke(Failure.READER, "detector.onnx: damaged", 7))
        assertEquals(Screen.Failed(Failure.READER, "detector.onnx: damaged", mark), failed)
        assertEquals(mark, failed.after(Event.Back))
        val none = Screen.Opening("x").after(Event.Broke(Failure.PHOTO, "not a picture"))
        assertEquals(Screen.Choose, none.after(Event.Back))
        assertSame(none, none.after(Event.Broke(Failure.MEMORY, "the second one is of no use")))
    }

    @Test
    fun `marks are added, changed, deleted and taken back one by one`() {
        val wide = field.copy(width = 500f)
        val states = listOf(Marking().add(field)).let { it + it.last().replace(0, wide) }.let { it + it.last().delete(0) }
        assertEquals(listOf(listOf(field), listOf(wide), emptyList()), states.map { it.rectangles })
        assertEquals(listOf(0, 0, null), states.map { it.selected })
        val undone = generateSequence(states.last()) { if (it.canUndo) it.undo() else null }.map { it.rectangles }.toList()
        assertEquals(listOf(emptyList(), listOf(wide), listOf(field), emptyList()), undone)
        assertEquals(0, states[0].replace(0, field).past.size - 1) // a gesture that moves nothing is none
        assertEquals(null, states[0].select(3).selected)
    }

    @Test
    fun `undo has a limit`() {
        val many = (1..80).fold(Marking()) { m, i -> m.add(field.copy(x = i.toFloat())) }
        assertEquals(Marking.MAX_UNDO, many.past.size)
        assertEquals(80, many.rectangles.size)
    }

    @Test
    fun `a screen survives the end of its app`() {
        val marking = mark.marking.replace(0, field.copy(x = 0.1f)).add(field)
        for (screen in listOf(Screen.Choose, mark, Screen.Mark(photo, marking), results, Screen.Done(lines))) {
            assertEquals(screen, restored(screen.saved()))
            val failed = Screen.Failed(Failure.MEMORY, "a \"quoted\" 字", screen)
            assertEquals(failed, restored(failed.saved()))
        }
        val bare = Screen.Done(listOf(TextLine(lines[0].quad, 1f)))
        assertEquals(bare, restored(bare.saved()))
    }

    @Test
    fun `work that ended with the app is asked for again`() {
        assertEquals(mark, restored(reading.saved()))
        assertEquals(Screen.Choose, restored(Screen.Opening("x").saved()))
    }

    @Test
    fun `damaged states are refused`() {
        val whole = results.saved()
        for (text in listOf(
            "",
            "[]",
            "{}",
            "null",
            whole.dropLast(9),
            whole.replace("results", "game"),
            whole.replace("4000", "\"a\""),
            "[".repeat(100_000),
        )) {
            assertThrows(CtpnException::class.java) { restored(text) }
        }
    }
}
