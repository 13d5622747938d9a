package ctpn.reader

import ctpn.core.ModelException
import ctpn.core.contract.BUNDLE_HINT

private const val MAX_FIELDS = 500_000 // the shipped models have fewer than 10,000; of more, reading alone takes seconds

/**
 * Refuse an ONNX file that is not safe to hand to ONNX Runtime, as ctpn/runtime/onnx_file.py does: with external data, which would be read
 * from the working directory, where no manifest vouches for it; with functions, loops or branches, which can take any time.
 *
 * @param name of the model, for messages.
 * @throws ModelException one of these, or no whole ONNX file.
 */
internal fun checkOnnx(
    name: String,
    file: ByteArray,
) {
    val walk = OnnxWalk(file)
    try {
        walk.model()
    } catch (e: IllegalArgumentException) {
        throw ModelException("$name: not a model that can be loaded (no whole ONNX file: ${e.message}); $BUNDLE_HINT")
    }
    if (!walk.hasGraph) throw ModelException("$name: not a model that can be loaded (no graph in it); $BUNDLE_HINT")
    walk.refused?.let { throw ModelException("$name: has $it, which no model of ours has, and is not loaded; $BUNDLE_HINT") }
}

/** Visits the messages of onnx.proto that may hold what is refused; numbers are those of their fields there. */
private class OnnxWalk(
    private val data: ByteArray,
) {
    var refused: String? = null
        private set
    var hasGraph = false
        private set
    private var left = MAX_FIELDS

    fun model() =
        fields(0, data.size) { number, _, inner ->
            if (number == 7L && inner != null) {
                hasGraph = true
                graph(inner)
            } else if (number == 20L || number == 25L) {
                refused = "functions or training steps of its own"
            }
        }

    private fun graph(place: IntRange) =
        fields(place.first, place.last + 1) { number, _, inner ->
            if (inner != null) {
                when (number) {
                    1L -> node(inner)
                    5L -> tensor(inner)
                    15L -> sparse(inner)
                }
            }
        }

    private fun node(place: IntRange) =
        fields(place.first, place.last + 1) { number, _, inner -> if (number == 5L && inner != null) attribute(inner) }

    private fun attribute(place: IntRange): Unit =
        fields(place.first, place.last + 1) { number, _, inner ->
            when (number) {
                6L, 11L -> refused = "a loop or a branch"
                5L, 10L -> inner?.let { tensor(it) }
                22L, 23L -> inner?.let { sparse(it) }
            }
        }

    private fun sparse(place: IntRange) =
        fields(place.first, place.last + 1) { number, _, inner -> if (number in 1L..2L && inner != null) tensor(inner) }

    private fun tensor(place: IntRange) =
        fields(place.first, place.last + 1) { number, value, _ ->
            if (number == 13L || (number == 14L && value != 0L)) refused = "external data: weights in another file"
        }

    /** The fields of a message: number, the value of a varint, and the place of what has a length. */
    private inline fun fields(
        begin: Int,
        end: Int,
        visit: (Long, Long, IntRange?) -> Unit,
    ) {
        var at = begin
        while (at < end) {
            require(--left >= 0) { "more than $MAX_FIELDS fields" }
            val (key, behind) = varint(at, end)
            at = behind
            var value = 0L
            var inner: IntRange? = null
            when (val wire = (key and 7).toInt()) {
                0, 2 -> {
                    val (number, next) = varint(at, end)
                    at = next
                    if (wire == 0) {
                        value = number
                    } else {
                        require(number in 0..(end - at)) { "it ends in the middle of a field" }
                        inner = at until at + number.toInt()
                        at += number.toInt()
                    }
                }
                1 -> at += 8
                5 -> at += 4
                else -> throw IllegalArgumentException("wire type $wire")
            }
            require(at <= end) { "it ends in the middle of a field" }
            visit(key ushr 3, value, inner)
        }
    }

    /** A number of up to ten bytes, and the place behind it. */
    private fun varint(
        begin: Int,
        end: Int,
    ): Pair<Long, Int> {
        var value = 0L
        for (i in 0 until 10) {
            require(begin + i < end) { "it ends in the middle of a number" }
            val byte = data[begin + i].toLong()
            value = value or ((byte and 0x7F) shl (7 * i))
            if (byte >= 0) return value to begin + i + 1
        }
        throw IllegalArgumentException("a number of more than ten bytes")
    }
}
