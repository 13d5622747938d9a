import ReaderCore
import Testing

@Suite struct RegionTests {
    @Test func rectanglesNeedAnArea() throws {
        #expect(try Region.rectangle(x: 1, y: 2, width: 3, height: 4).corners == Quad([1, 2, 4, 2, 4, 6, 1, 6]))
        #expect(throws: CtpnError.self) { try Region.rectangle(x: 1, y: 2, width: 0, height: 4) }
    }
}
