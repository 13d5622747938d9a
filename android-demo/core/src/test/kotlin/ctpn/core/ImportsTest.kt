package ctpn.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

/** Imports go one way: app → reader → core; core knows no phone and no runtime, and its stages do not import each other. */
class ImportsTest {
    private val core = File("src/main/kotlin/ctpn/core")
    private val stages = listOf("imaging", "detection", "recognition", "layout")
    private val tools = listOf("imaging/RgbImage.kt", "imaging/Resample.kt", "layout/Geometry.kt") // every stage may use them

    private fun imports(folder: File): List<Pair<File, String>> =
        folder.walk().filter { it.extension == "kt" }.toList().flatMap { file ->
            file.readLines().filter { it.startsWith("import ") }.map { file to it.removePrefix("import ") }
        }

    private fun importing(
        folder: String,
        vararg roots: String,
    ) = imports(File(folder)).filter { (_, name) -> roots.any { name.startsWith("$it.") } }

    @Test
    fun `core knows no phone, no runtime and no reader, and the reader no phone`() {
        assertTrue(imports(core).size > 50)
        assertEquals(emptyList<Any>(), importing("src/main", "android", "androidx", "ai.onnxruntime", "ctpn.reader", "ctpn.app"))
        assertEquals(emptyList<Any>(), importing("../reader/src/main", "android", "androidx", "ctpn.app"))
    }

    @Test
    fun `stages do not import each other`() {
        val declared = Regex("""^(?:internal )?(?:data )?(?:fun|class) (\w+)""", RegexOption.MULTILINE)
        val shared = tools.flatMap { declared.findAll(File(core, it).readText()).map { found -> found.groupValues[1] } }.toSet()
        for (stage in stages) {
            val others = stages.filter { it != stage }.map { "ctpn.core.$it" } + "ctpn.core.screen"
            val wrong =
                imports(File(core, stage)).filter { (_, name) ->
                    others.any { name.startsWith("$it.") } &&
                        name.substringAfterLast('.') !in shared
                }
            assertEquals(emptyList<Any>(), wrong)
        }
    }
}
