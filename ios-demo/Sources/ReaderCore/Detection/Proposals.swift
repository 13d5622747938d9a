/// Fixed-width parts of text, in the order of their cells (row, column, anchor). The arrays have one entry for each.
struct Proposals {
    /// In pixels of the network's input; left and right are the borders of the column.
    struct Box: Equatable {
        let left: Float
        let top: Float
        let right: Float
        let bottom: Float

        var height: Float { bottom - top }
    }

    var boxes: [Box] = []
    /// Text probability.
    var scores: [Float] = []
    /// Column of the grid.
    var columns: [Int] = []
    /// Left and right end of the text if it starts or ends here, in pixels of the network's input.
    var ends: [(left: Float, right: Float)] = []
    /// Probability that the column to the right belongs to the same line.
    var links: [Float] = []

    var count: Int { scores.count }

    /// The proposals of these indices, in that order.
    func take(_ indices: [Int]) -> Proposals {
        Proposals(
            boxes: indices.map { boxes[$0] }, scores: indices.map { scores[$0] }, columns: indices.map { columns[$0] },
            ends: indices.map { ends[$0] }, links: indices.map { links[$0] })
    }
}
