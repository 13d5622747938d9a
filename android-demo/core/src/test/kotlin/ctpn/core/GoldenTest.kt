package ctpn.core

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
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
                    val got = run(case["stage"].asText()!!, Inputs(case.getValue("in").jsonObject))
                    assertNull(Golden.difference(case.getValue("out"), got, tolerance))
                }
            }
        }

    @Test
    fun `all of them are here`() {
        val stages = Golden.files().flatMap { Golden.load(it).getValue("cases").jsonArray }.map { it.jsonObject["stage"].asText()!! }
        assertEquals(STAGES.keys, stages.toSet())
    }

    @Test
    fun `differences are noticed`() {
        val none = JsonObject(emptyMap())

        fun difference(
            wanted: Any,
            got: Any,
        ) = Golden.difference(Written.json(wanted), Written.json(got), none, "a")
        assertNull(difference(listOf(1, 2.0f), listOf(1.0, 2)))
        assertEquals("a: expected 2 values, got 1", difference(listOf(1, 2), listOf(1)))
        for ((wanted, got) in listOf(
            "字" to "宇",
            1 to "1",
            true to 1,
            mapOf("error" to "x") to mapOf("error" to "y"),
            listOf(1) to mapOf("b" to 1),
        )) {
            assertNotNull(difference(wanted, got))
        }
        val close = JsonObject(mapOf("a" to JsonPrimitive(0.2)))
        assertNull(Golden.difference(Written.json(1), Written.json(1.1), close, "a"))
    }

    private fun run(
        stage: String,
        inputs: Inputs,
    ): JsonElement =
        try {
            Written.json(STAGES.getValue(stage)(inputs))
        } catch (e: CtpnException) {
            Written.json(mapOf("error" to e.message))
        }
}
