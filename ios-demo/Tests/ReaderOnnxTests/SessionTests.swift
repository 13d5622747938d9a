import Foundation
import ReaderOnnx
import Testing

private func detector() throws -> Data {
    let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../..").standardized
    return try Data(contentsOf: root.appendingPathComponent("ctpn/weights/mobile-int8.onnx"))
}

@Suite struct SessionTests {
    @Test func manyCallersAreServedInTurn() async throws {
        let session = try Session(model: detector(), threads: 1)
        let pixels = Pixels(height: 32, width: 32, bytes: .init(repeating: 127, count: 32 * 32 * 3))
        let all = try await withThrowingTaskGroup(of: [String: Tensor].self) { group in
            for _ in 0..<8 { group.addTask { try await session.run(pixels) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(all.count == 8 && all.allSatisfy { $0 == all[0] })
    }

    @Test func damagedModelSaysSo() throws {
        #expect(throws: OnnxError.self) { try Session(model: Data("no model".utf8)) }
    }

    @Test func wrongShapeSaysSo() async throws {
        let session = try Session(model: detector())
        await #expect(throws: OnnxError.self) { try await session.run(Pixels(height: 0, width: 0, bytes: [])) }
    }
}
