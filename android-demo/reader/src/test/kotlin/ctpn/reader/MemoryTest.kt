package ctpn.reader

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

/** What reading the largest photo takes, measured in a process of its own with a small heap. */
class MemoryTest {
    private val heapMb = 48
    private val androidMb = 35 // Android's own part
    private val bitmapMb = 25 // the photo that the app shows meanwhile

    @Test
    fun `reading the largest photo leaves room in 200 MB`() {
        val heap = listOf("-Xms${heapMb}m", "-Xmx${heapMb}m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        val java = File(System.getProperty("java.home"), "bin/java").path
        val main = listOf("-cp", System.getProperty("java.class.path"), "ctpn.reader.MemoryProbeKt")
        val arguments = listOf(ReaderCase.file("bundle").path, "2896", "2172")
        val process = ProcessBuilder(listOf(java) + heap + main + arguments).redirectErrorStream(true).start()
        val output = process.inputStream.bufferedReader().readText()
        assertEquals(0, process.waitFor(), output)
        val (lines, kilobytes) = Regex("""(\d+) lines, (\d+) kB""").find(output)!!.destructured
        assertTrue(lines.toInt() > 10, output)
        assertTrue(heapMb * 1024 + kilobytes.toInt() < (200 - bitmapMb - androidMb) * 1e6 / 1024, output)
    }
}
