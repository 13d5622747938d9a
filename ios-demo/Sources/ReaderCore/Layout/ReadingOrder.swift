/// Indices of the lines, row by row from the top, each row from the left.
///
/// Lines that run down or up, rather than across, are ordered by themselves in the frame in which most of them run to the right:
/// columns that run down go from right to left. Those of the two that are more come first, of equally many those that run across.
/// Where most lines run to the left, the page is upside down and is ordered from its other end.
func readingOrder(_ quads: [Quad]) -> [Int] {
    func along(_ i: Int) -> PixelPoint {
        PixelPoint(quads[i].topRight.x - quads[i].topLeft.x, quads[i].topRight.y - quads[i].topLeft.y)
    }
    func runsDownOrUp(_ i: Int) -> Bool { abs(along(i).y) > abs(along(i).x) }
    let (steep, level) = (quads.indices.filter(runsDownOrUp), quads.indices.filter { !runsDownOrUp($0) })
    let isDown = 2 * steep.filter { along($0).y > 0 }.count >= steep.count
    let isUpsideDown = 2 * level.filter { along($0).x < 0 }.count > level.count

    func upright(_ i: Int) -> Quad {
        quads[i].map { point in
            if runsDownOrUp(i) { return isDown ? PixelPoint(point.y, -point.x) : PixelPoint(-point.y, point.x) }
            return isUpsideDown ? PixelPoint(-point.x, -point.y) : point
        }
    }
    let groups = steep.count > level.count ? [steep, level] : [level, steep]
    return groups.flatMap { group in byRows(group.map { PlacedLine(upright($0)) }).map { group[$0] } }
}

/// Indices of lines that run to the right.
///
/// A line joins a row when its middle is less than half the lower height away from the row's straight continuation from its nearest
/// member: so rows of a slightly rotated page stay together.
private func byRows(_ lines: [PlacedLine]) -> [Int] {
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
