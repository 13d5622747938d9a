package ctpn.core.recognition

import ctpn.core.TINY_CRNN
import ctpn.core.imaging.RgbImage
import ctpn.core.layout.Quad
import ctpn.core.layout.rotateQuad
import ctpn.core.runtime.LineCropBatch
import ctpn.core.runtime.Recognizer
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The ways in which a line is read, by a recogniser that only knows colours: red on the left of a line crop is confident, all else is not. */
class PolicyTest {
    private class Colours : Recognizer {
        override val spec = TINY_CRNN
        var columns = mutableListOf<Int>()

        override fun logits(batch: LineCropBatch): FloatArray {
            columns += batch.count * batch.width
            val steps = batch.width / spec.stride
            val logits = FloatArray(batch.count * steps * 3)
            for (n in 0 until batch.count) {
                val middle = 3 * (batch.width * (n * batch.height + batch.height / 2) + 16)
                val isRed = batch.pixels[middle].toInt() and 255 > 200 && batch.pixels[middle + 1].toInt() and 255 < 60
                logits[n * steps * 3 + 3 + 1] = if (isRed) 9f else 0.5f // step 1 says "a"
            }
            return logits
        }
    }

    /** A picture that is red where [red] says so, else grey. */
    private fun picture(
        width: Int,
        height: Int,
        red: (Int, Int) -> Boolean,
    ): RgbImage {
        val pixels = ByteArray(3 * width * height) { 127 }
        for (i in 0 until width * height) if (red(i % width, i / width)) byteArrayOf(-1, 0, 0).copyInto(pixels, 3 * i)
        return RgbImage(width, height, pixels)
    }

    private fun box(
        x0: Float,
        y0: Float,
        x1: Float,
        y1: Float,
    ) = Quad.of(x0, y0, x1, y0, x1, y1, x0, y1)

    @Test
    fun `a line that reads well stays in its detected orientation`() {
        val quad = box(20f, 20f, 180f, 50f)
        val (line) = readLines(picture(200, 100) { x, _ -> x < 80 }, listOf(quad), Colours())
        assertEquals(quad to "a", line.quad to line.text.text)
        assertTrue(line.text.score > 0.9)
    }

    @Test
    fun `one upside down is rotated`() {
        val quad = box(20f, 20f, 180f, 50f)
        val (line) = readLines(picture(200, 100) { x, _ -> x > 120 }, listOf(quad), Colours())
        assertEquals(rotateQuad(quad, 2), line.quad)
    }

    @Test
    fun `a tall one is read up and down`() {
        val quad = box(20f, 20f, 50f, 180f)
        val upwards = readLines(picture(100, 200) { _, y -> y > 120 }, listOf(quad), Colours()).single()
        val downwards = readLines(picture(100, 200) { _, y -> y < 80 }, listOf(quad), Colours()).single()
        assertEquals(listOf(rotateQuad(quad, 3), rotateQuad(quad, 1)), listOf(upwards.quad, downwards.quad))
    }

    @Test
    fun `long line crops are read in parts, short ones together`() {
        val colours = Colours()
        val grey = picture(3000, 32) { _, _ -> false }
        val texts = readLineCrops(List(5) { grey.cut(0, 0, 100, 32) } + grey, colours)
        assertEquals(6, texts.size)
        assertEquals("aaa", texts.last().text)
        assertTrue(colours.columns.all { it <= 1280 } && colours.columns.contains(5 * 128))
    }

    @Test
    fun `no lines, no work`() {
        val colours = Colours()
        assertEquals(emptyList<ReadLine>(), readLines(picture(10, 10) { _, _ -> true }, emptyList(), colours))
        assertTrue(colours.columns.isEmpty())
    }
}
