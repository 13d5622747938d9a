/// Indices of the lines, row by row from the top, each row from the left.
///
/// A line joins a row when its middle is less than half the lower height away from the row's straight continuation from its nearest
/// member: so rows of a slightly rotated page stay together. Where the text of most lines runs to the left, the page is upside down and
/// is read from its other end.
func readingOrder(_ quads: [Quad]) -> [Int] {
    let isUpsideDown = 2 * quads.filter { $0.topRight.x < $0.topLeft.x }.count > quads.count
    let lines = quads.map { PlacedLine(isUpsideDown ? $0.map { PixelPoint(-$0.x, -$0.y) } : $0) }
    var rows: [[Int]] = []
    for i in lines.indices.sorted(by: { (lines[$0].y, lines[$0].x, $0) < (lines[$1].y, lines[$1].x, $1) }) {
        if let row = rows.lastIndex(where: { isSameRow(lines, $0, i) }) {
            rows[row].append(i)
        } else {
            rows.append([i])
        }
    }
    return rows.flatMap { row in row.sorted { (lines[$0].left, $0) < (lines[$1].left, $1) } }
}

private struct PlacedLine {
    let quad: Quad
    let x: Double
    let y: Double
    let left: Float
    let height: Double

    init(_ quad: Quad) {
        let corners = quad.corners
        self.quad = quad
        x = corners.reduce(0) { $0 + Double($1.x) } / 4
        y = corners.reduce(0) { $0 + Double($1.y) } / 4
        left = corners.map(\.x).min() ?? 0
        let (dx, dy) = (Double(quad.bottomLeft.x - quad.topLeft.x), Double(quad.bottomLeft.y - quad.topLeft.y))
        height = (dx * dx + dy * dy).squareRoot()
    }
}

private func isSameRow(_ lines: [PlacedLine], _ row: [Int], _ i: Int) -> Bool {
    let near = lines[row.min { abs(lines[$0].x - lines[i].x) < abs(lines[$1].x - lines[i].x) } ?? row[0]]
    let alongX = near.quad.topRight.x - near.quad.topLeft.x
    let alongY = near.quad.topRight.y - near.quad.topLeft.y
    let slope = Double(alongX) > near.height ? Double(alongY / alongX) : 0
    let expected = near.y + slope * (lines[i].x - near.x)
    return abs(expected - lines[i].y) < 0.5 * min(lines[i].height, near.height)
}
