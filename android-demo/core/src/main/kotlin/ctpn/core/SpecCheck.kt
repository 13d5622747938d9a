package ctpn.core

/** What is wrong with the numbers of a spec that must be grey or positive, or null; `ctpn/contract/spec_check.py` has the same. */
internal fun outOfRange(
    pad: Int,
    positive: List<Pair<String, Number>>,
    std: List<Double>,
): String? {
    val wrong = positive.firstOrNull { it.second.toDouble() <= 0 }
    return when {
        pad !in 0..255 -> "pad must lie in 0 to 255, got $pad"
        wrong != null -> "${wrong.first} must be positive, got ${wrong.second}"
        std.any { it <= 0 } -> "std must be positive, got $std"
        else -> null
    }
}
