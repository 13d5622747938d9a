package ctpn.core

/** How long each stage of a reading took, several runs of one summed: for benchmarks. Not for two threads at once. */
class Stopwatch {
    /** By the names of docs/phone.md, but `open` and `whole`, which are not the reader's. */
    val nanoseconds: MutableMap<String, Long> =
        mutableMapOf("fit" to 0, "detector" to 0, "decode" to 0, "nms" to 0, "lines" to 0, "rectify" to 0, "recogniser" to 0, "ctc" to 0)

    inline fun <T> time(
        stage: String,
        work: () -> T,
    ): T {
        val start = System.nanoTime()
        return work().also { nanoseconds[stage] = nanoseconds.getValue(stage) + System.nanoTime() - start }
    }
}
