package ctpn.core.recognition

import ctpn.core.CtpnException
import ctpn.core.ModelException
import kotlin.math.exp
import kotlin.math.ln

private const val MIN_EXPONENT = -25.0 // exp of less adds nothing that float32 would show, even of thousands of classes

/**
 * The text of a line crop.
 *
 * @property text empty when nothing was read.
 * @property score in 0 … 1, 0 for the empty text; the geometric mean of [scores].
 * @property scores the probability of each character at its peak.
 * @property steps the step of each character's peak, ascending: where it exceeds the blank the most.
 */
class Decoded(
    val text: String,
    val score: Double,
    val scores: FloatArray,
    val steps: IntArray,
)

/**
 * Raw logits of one line crop: [steps] rows of [classes] each, from [offset] on. Class 0 is CTC's
 * blank, class i the charset's character i - 1.
 */
class Logits(
    val values: FloatArray,
    val offset: Int,
    val steps: Int,
    val classes: Int,
) {
    fun at(
        step: Int,
        of: Int,
    ): Float = values[offset + step * classes + of]
}

/**
 * The text of the best path: the best class of each step, repeats joined, blanks removed. Of equal classes the lower is
 * taken, of equal steps the earlier.
 *
 * @param characters of the model's charset.
 * @throws ModelException classes of another charset.
 * @throws CtpnException a step whose best logit is not finite.
 */
fun greedy(
    logits: Logits,
    characters: List<String>,
): Decoded {
    if (logits.classes != characters.size + 1) {
        throw ModelException("expected ${characters.size + 1} classes for this charset, got ${logits.classes}; use the model's own charset")
    }
    val best = IntArray(logits.steps) { bestClass(logits, it) }
    val steps = peaks(logits, best)
    val logs = DoubleArray(steps.size) { logits.at(steps[it], best[steps[it]]) - norm(logits, steps[it]) }
    val score = if (steps.isEmpty()) 0.0 else exp(logs.sum() / logs.size)
    val text = steps.joinToString("") { characters[best[it] - 1] }
    return Decoded(text, score, FloatArray(logs.size) { exp(logs[it]).toFloat() }, steps)
}

private fun bestClass(
    logits: Logits,
    step: Int,
): Int {
    var best = 0
    for (c in 0 until logits.classes) {
        val value = logits.at(step, c)
        if (value.isNaN()) throw notFinite(value, step, c)
        if (value > logits.at(step, best)) best = c
    }
    val peak = logits.at(step, best)
    return if (peak.isInfinite()) throw notFinite(peak, step, best) else best
}

private fun notFinite(
    value: Float,
    step: Int,
    of: Int,
) = CtpnException("expected finite logits, got $value at step $step, class $of; the model or its input is damaged")

/** Of each run of equal classes the step with the highest lead over the blank. */
private fun peaks(
    logits: Logits,
    path: IntArray,
): IntArray {
    val steps = mutableListOf<Int>()

    fun lead(t: Int) = logits.at(t, path[t]).toDouble() - logits.at(t, 0)
    for (t in path.indices) {
        val isFresh = t == 0 || path[t] != path[t - 1]
        when {
            path[t] == 0 -> Unit
            isFresh -> steps += t
            lead(t) > lead(steps.last()) -> steps[steps.lastIndex] = t
        }
    }
    return steps.toIntArray()
}

/** The logarithm of the sum of exp of a step. */
private fun norm(
    logits: Logits,
    step: Int,
): Double {
    val top = (0 until logits.classes).maxOf { logits.at(step, it) }.toDouble()
    var sum = 0.0
    for (c in 0 until logits.classes) {
        val less = logits.at(step, c) - top
        if (less > MIN_EXPONENT) sum += exp(less)
    }
    return ln(sum) + top
}
