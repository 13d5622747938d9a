package ctpn.core.contract

import ctpn.core.CtpnException
import ctpn.core.ModelException
import ctpn.core.TextLine
import ctpn.core.layout.Quad
import ctpn.core.layout.Region
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

/** A bundle's golden case; the manifest's own cases are among the golden vectors. */
class GoldenCaseTest {
    private val good =
        """{"photo": "golden.png", "regions": [[1, 2, 30, 40.5]], "tolerance": {"quad": 1.0, "score": 0.02},
        "lines": [{"region": 0, "quad": [[1, 2], [3, 2], [3, 4], [1, 4.25]], "score": 0.9, "text": "字\"", "text_score": 0.5}]}"""

    @Test
    fun `a golden case is read as it was written`() {
        val line = TextLine(Quad.of(1f, 2f, 3f, 2f, 3f, 4f, 1f, 4.25f), 0.9f, "字\"", 0.5f, 0)
        assertEquals(
            GoldenCase("golden.png", listOf(Region.rectangle(1f, 2f, 30f, 40.5f)), listOf(line), 1f, 0.02f),
            GoldenCase.parse(good),
        )
    }

    @Test
    fun `only the lines of the case agree with it`() {
        val case = GoldenCase.parse(good)
        assertNull(case.difference(case.lines))
        val line = case.lines.single()
        val corner = line.quad.topLeft
        val others =
            listOf(
                emptyList(),
                listOf(line.copy(text = "宇\"")),
                listOf(line.copy(region = 1)),
                listOf(line.copy(score = 0.93f)),
                listOf(line.copy(textScore = 0.45f)),
                listOf(line.copy(quad = line.quad.copy(topLeft = corner.copy(x = corner.x + 1.5f)))),
            )
        for (wrong in others) assertNotNull(case.difference(wrong))
        assertNull(case.difference(listOf(line.copy(score = 0.91f, quad = line.quad.copy(topLeft = corner.copy(x = corner.x + 0.5f))))))
    }

    @Test
    fun `damaged ones are refused`() {
        val changes =
            listOf(
                "golden.png\"" to "golden.png",
                "\"golden.png\"" to "3",
                "40.5" to "\"a\"",
                ", 40.5" to "",
                "30" to "-1",
                "[3, 4]" to "[3]",
                ", [3, 4]" to "",
                "0.9" to "null",
                "\"quad\": 1.0," to "",
                "\"text\": \"字\\\"\"," to "",
                "\"lines\"" to "\"rows\"",
            )
        for ((old, new) in changes) {
            check(old in good) { old }
            assertThrows(CtpnException::class.java, { GoldenCase.parse(good.replaceFirst(old, new)) }, old)
        }
        for (text in listOf("", "[]", "null", "[".repeat(100_000))) assertThrows(ModelException::class.java) { GoldenCase.parse(text) }
    }
}
