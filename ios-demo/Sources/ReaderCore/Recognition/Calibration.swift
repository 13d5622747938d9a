import Foundation

/// The probability that a text is right to the character, in 0 … 1; 0 for the empty text. The errors that are expected, 1 - p of each
/// character, are added up, and a logistic function turns this sum and the length into a probability.
///
/// - Parameter scores: the probability of each character, as of `Decoded`.
func textProbability(_ scores: [Float], _ spec: CalibrationSpec) -> Double {
    if scores.isEmpty { return 0 }
    let expected = scores.reduce(0.0) { $0 + (1 - Double($1)) }
    return 1 / (1 + exp(-(spec.bias - spec.errors * log(spec.floor + expected) + spec.length * log(Double(scores.count)))))
}
