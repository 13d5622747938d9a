import CryptoKit
import Foundation
import ReaderCore

/// A public key, by CryptoKit.
public struct P256Key: PublicKey {
    private let key: P256.Signing.PublicKey

    /// - Parameter pem: as python -m export.sign --new-key writes it.
    /// - Throws: `CtpnError.model` for what is no public key of P-256.
    public init(pem: String) throws {
        guard let der = decoded(pem), let key = try? P256.Signing.PublicKey(derRepresentation: der) else {
            let got = pem.prefix(40).map { $0.isNewline ? " " : String($0) }.joined()
            throw CtpnError.model("public key: expected the PEM of a P-256 key, as python -m export.sign --new-key writes it, got '\(got)'")
        }
        self.key = key
    }

    public var der: [UInt8] { [UInt8](key.derRepresentation) }

    public func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
        return key.isValidSignature(signature, for: message)
    }
}

/// What a PEM text has between its first and its last line. CryptoKit's own reader is stricter than OpenSSL's about the lines.
private func decoded(_ pem: String) -> Data? {
    let lines = pem.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    guard lines.first == "-----BEGIN PUBLIC KEY-----", lines.last == "-----END PUBLIC KEY-----" else { return nil }
    return Data(base64Encoded: lines.dropFirst().dropLast().joined())
}
