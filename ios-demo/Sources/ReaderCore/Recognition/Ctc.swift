import Foundation

private let minExponent = -25.0  // exp of less adds nothing that float32 would show, even of thousands of classes

/// The text of a line crop.
struct Decoded: Sendable {
    /// Empty when nothing was read.
    let text: String
    /// In 0 … 1, 0 for the empty text; the geometric mean of `scores`.
    let score: Double
    /// The probability of each character at its peak.
    let scores: [Float]
    /// The step of each character's peak, ascending: where it exceeds the blank the most.
    let steps: [Int]
}

/// Raw logits of one line crop: `steps` rows of `classes` each. Class 0 is CTC's blank, class i the charset's character i - 1.
struct Logits {
    let values: ArraySlice<Float>
    let steps: Int
    let classes: Int

    /// The logits of a step.
    func row(_ step: Int) -> ArraySlice<Float> {
        let begin = values.startIndex + step * classes
        return values[begin..<begin + classes]
    }

    func at(_ step: Int, _ class: Int) -> Float { values[values.startIndex + step * classes + `class`] }
}

/// The text of the best path: the best class of each step, repeats joined, blanks removed. Of equal classes the lower is taken, of
/// equal steps the earlier.
///
/// - Parameter characters: of the model's charset.
/// - Throws: `CtpnError.model` for classes of another charset; `CtpnError.reading` for a step whose best logit is not finite.
func greedy(_ logits: Logits, characters: [Unicode.Scalar]) throws -> Decoded {
    guard logits.classes == characters.count + 1 else {
        throw CtpnError.model(
            "expected \(characters.count + 1) classes for this charset, got \(logits.classes); use the model's own charset")
    }
    let path = try (0..<logits.steps).map { try bestClass(logits.row($0), $0) }
    let steps = peaks(logits, path)
    let logs = steps.map { Double(logits.at($0, path[$0])) - norm(logits.row($0), top: logits.at($0, path[$0])) }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: steps.map { characters[path[$0] - 1] })
    let score = steps.isEmpty ? 0 : exp(logs.reduce(0, +) / Double(logs.count))
    return Decoded(text: String(text), score: score, scores: logs.map { Float(exp($0)) }, steps: steps)
}

private func bestClass(_ row: ArraySlice<Float>, _ step: Int) throws -> Int {
    let (best, isNan) = row.withUnsafeBufferPointer { row in
        var (best, isNan) = (0, false)
        for c in row.indices {
            if row[c] > row[best] { best = c }
            isNan = isNan || row[c].isNaN
        }
        return (best, isNan)
    }
    let wrong = isNan ? row.firstIndex { $0.isNaN }.map { $0 - row.startIndex } : row[row.startIndex + best].isInfinite ? best : nil
    if let wrong {
        throw CtpnError.reading(
            "expected finite logits, got \(row[row.startIndex + wrong]) at step \(step), class \(wrong); the model or its input is damaged")
    }
    return best
}

/// Of each run of equal classes the step with the highest lead over the blank.
private func peaks(_ logits: Logits, _ path: [Int]) -> [Int] {
    func lead(_ step: Int) -> Double { Double(logits.at(step, path[step])) - Double(logits.at(step, 0)) }
    var steps: [Int] = []
    for t in path.indices where path[t] != 0 {
        if t == 0 || path[t] != path[t - 1] {
            steps.append(t)
        } else if lead(t) > lead(steps[steps.count - 1]) {
            steps[steps.count - 1] = t
        }
    }
    return steps
}

/// The logarithm of the sum of exp of a step, whose highest logit is `top`.
private func norm(_ row: ArraySlice<Float>, top: Float) -> Double {
    row.withUnsafeBufferPointer { row in
        var sum = 0.0
        for value in row {
            let less = Double(value) - Double(top)
            if less > minExponent { sum += exp(less) }
        }
        return log(sum) + Double(top)
    }
}
