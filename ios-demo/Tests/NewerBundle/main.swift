// For tests/serve/test_docs.py: newer-bundle SERVICE KEY.pub.pem RELEASE-IN-USE FOLDER prints the new bundle's folder, or nothing.
import Foundation

let words = CommandLine.arguments.dropFirst().map { $0 }
guard words.count == 4, let service = URL(string: words[0]), let inUse = Int(words[2]) else { fatalError("usage: see above") }
do {
    let key = try String(contentsOfFile: words[1], encoding: .utf8)
    print(try await newerBundle(service: service, publicKey: key, inUse: inUse, bundles: URL(fileURLWithPath: words[3]))?.path ?? "")
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}
