package ctpn.core

/**
 * Is called after each stage of a reading, on the thread that reads: for benchmarks.
 *
 * The names are those of Python's reader and of docs/phone.md: fit, detect, postprocess, line_crop, recognize, ctc. No stage contains
 * another; one that runs several times in a reading is reported each time.
 */
fun interface StageObserver {
    fun onStage(
        name: String,
        seconds: Double,
    )
}

/** What [work] gives; the observer gets the time it took. */
internal inline fun <T> StageObserver?.time(
    name: String,
    work: () -> T,
): T {
    if (this == null) return work()
    val start = System.nanoTime()
    return work().also { onStage(name, (System.nanoTime() - start) / 1e9) }
}
