package ctpn.core.recognition

import ctpn.core.contract.CalibrationSpec
import kotlin.math.exp
import kotlin.math.ln

/**
 * The probability that a text is right to the character, in 0 … 1; 0 for the empty text. The errors that are expected, 1 - p of each
 * character, are added up, and a logistic function turns this sum and the length into a probability.
 *
 * @param scores the probability of each character, as of [Decoded].
 */
fun textProbability(
    scores: FloatArray,
    spec: CalibrationSpec,
): Double {
    if (scores.isEmpty()) return 0.0
    val expected = scores.sumOf { 1 - it.toDouble() }
    return 1 / (1 + exp(-(spec.bias - spec.errors * ln(spec.floor + expected) + spec.length * ln(scores.size.toDouble()))))
}
