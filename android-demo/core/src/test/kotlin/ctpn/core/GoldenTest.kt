package ctpn.core

import ctpn.core.contract.asText
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory

/** Every stage answers what Python's answers. */
class GoldenTest {
    @TestFactory
    fun vectors(): List<DynamicTest> =
        Golden.files().flatMap { file ->
            val golden = Golden.load(file)
            val tolerance = golden.getValue("tolerance").jsonObject
            golden.getValue("cases").jsonArray.map { it.jsonObject }.map { case ->
                dynamicTest("${case["stage"].asText()}: ${case["name"].asText()}") {
                    tried++
                    val got = run(case["stage"].asText()!!, Inputs(case.getValue("in").jsonObject))
                    assertNull(Golden.difference(case.getValue("out"), got, tolerance))
                }
            }
        }

    @Test
    fun `every stage has a case`() {
        val stages = Golden.files().flatMap { Golden.load(it).getValue("cases").jsonArray }.map { it.jsonObject["stage"].asText()!! }
        assertEquals(STAGES.keys, stages.toSet())
    }

    @Test
    fun `differences are noticed`() {
        val none = JsonObject(emptyMap())

        fun difference(
            expected: Any,
            got: Any,
        ) = Golden.difference(Answers.json(expected), Answers.json(got), none, "a")
        assertNull(difference(listOf(1, 2.0f), listOf(1.0, 2)))
        assertEquals("a: expected 2 values, got 1", difference(listOf(1, 2), listOf(1)))
        for ((expected, got) in listOf(
            "字" to "宇",
            1 to "1",
            true to 1,
            mapOf("error" to "x") to mapOf("error" to "y"),
            listOf(1) to mapOf("b" to 1),
        )) {
            assertNotNull(difference(expected, got))
        }
        val close = JsonObject(mapOf("a" to JsonPrimitive(0.2)))
        assertNull(Golden.difference(Answers.json(1), Answers.json(1.1), close, "a"))
    }

    private fun run(
        stage: String,
        inputs: Inputs,
    ): JsonElement =
        try {
            Answers.json(STAGES.getValue(stage)(inputs))
        } catch (e: CtpnException) {
            Answers.json(mapOf("error" to e.message))
        }

    companion object {
        private var tried = 0

        @AfterAll
        @JvmStatic
        fun `every case was tried`() {
            val cases =
                Golden.files().sumOf {
                    Golden
                        .load(it)
                        .getValue("cases")
                        .jsonArray.size
                }
            assertEquals(cases, tried)
            println("golden vectors: $tried cases in ${Golden.files().size} files")
        }
    }
}
