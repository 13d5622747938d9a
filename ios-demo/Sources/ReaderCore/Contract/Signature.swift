import Foundation

/// Name of the file beside the manifest that says who published the bundle; docs/bundle.md has its keys.
public let signatureName = "signature.json"
let maxSignatureBytes = 4096
private let schema = 1
private let kind = "ctpn-signature"
private let keys: Set = ["schema", "kind", "key", "release", "expires", "signature"]
private let maxRelease = 1 << 53 - 1
private let hint = "fetch the bundle again from whoever publishes it"

/// A public key of ECDSA with P-256, whatever computes with it.
public protocol PublicKey: Sendable {
    /// SubjectPublicKeyInfo (RFC 5480).
    var der: [UInt8] { get }

    /// Whether `signature` (r and s, 32 bytes each, big-endian) is that of the SHA-256 of `message`.
    func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool
}

/// Whose bundles are taken, and which.
public struct Trust: Sendable {
    /// Two while one replaces the other.
    public let keys: [any PublicKey]
    /// The release that is in use; older ones are refused, so that nobody can bring an old fault back.
    public let minRelease: Int
    /// Compared with the signature's end; nil: this device's clock.
    public let now: Date?

    public init(keys: [any PublicKey], minRelease: Int = 0, now: Date? = nil) {
        (self.keys, self.minRelease, self.now) = (keys, minRelease, now)
    }
}

/// Whose bundles are taken; nil: a signature is not asked for. It throws where a key is none: nothing is read then.
public typealias WhomToTrust = @Sendable () throws -> Trust?

/// What a signature says: who published a manifest, as which release, and until when it may be taken.
public struct Signature: Sendable, Equatable {
    /// Id of the public key: the first 16 hex digits of the SHA-256 of its DER form.
    public let key: String
    /// Number of the bundle, 1 to 2^53 - 1; each published bundle has a higher one than those before.
    public let release: Int
    /// UTC, "2027-11-28T00:00:00Z"; from then on the signature is refused.
    public let expires: String
    /// r and s, 32 bytes each.
    public let signature: [UInt8]

    /// The signature of a manifest, after it was checked that a trusted key made it, for a release that may be taken now.
    ///
    /// - Parameters:
    ///   - manifest: the bytes of manifest.json.
    ///   - file: the bytes of signature.json; nil: there is none.
    /// - Throws: `CtpnError.model`: missing, damaged, by another key, altered, expired, or older than the release in use.
    public init(of manifest: [UInt8], _ file: [UInt8]?, _ trust: Trust) throws {
        guard let file else { throw wrong("missing, so nobody vouches for this bundle; \(hint), or read without a public key") }
        self = try Signature(parsing: file)
        let known = Dictionary(trust.keys.map { (keyId($0), $0) }) { first, _ in first }
        guard let trusted = known[key] else {
            throw wrong("signed by another key, expected \(known.keys.sorted().joined(separator: " or ")), got \(key); \(hint)")
        }
        guard trusted.isValid(signature, of: signedBytes(manifest)) else {
            throw wrong("does not fit the manifest, one of them was altered; \(hint)")
        }
        let now = (trust.now ?? Date()).formatted(.iso8601)
        guard now < expires else { throw wrong("expired at \(expires), it is \(now); \(hint), and check this device's clock") }
        guard release >= trust.minRelease else {
            throw wrong("release \(release) is older than \(trust.minRelease), which is in use; \(hint)")
        }
    }

    private init(parsing file: [UInt8]) throws {
        let data = try fields(file)
        guard let key = data["key"]?.text, isHex(key) else { throw damaged("key: expected 16 hex digits", data["key"]) }
        guard let release = data["release"]?.clampedInt, (1...maxRelease).contains(release) else {
            throw damaged("release: expected a whole number from 1", data["release"])
        }
        guard let expires = data["expires"]?.text, isTime(expires) else {
            throw damaged("expires: expected a time such as 2027-11-28T00:00:00Z", data["expires"])
        }
        guard let text = data["signature"]?.text, let bytes = Data(base64Encoded: text), bytes.count == 64,
            bytes.base64EncodedString() == text
        else { throw damaged("signature: expected 64 bytes in base64", data["signature"]) }
        (self.key, self.release, self.expires, signature) = (key, release, expires, [UInt8](bytes))
    }

    /// What is signed: the manifest's SHA-256, the release and the end, a line each.
    private func signedBytes(_ manifest: [UInt8]) -> [UInt8] {
        Array("ctpn-bundle \(schema)\n\(Sha256.hexDigest(manifest))\n\(release)\n\(expires)\n".utf8)
    }
}

private func keyId(_ key: any PublicKey) -> String { String(Sha256.hexDigest(key.der).prefix(16)) }

private func fields(_ file: [UInt8]) throws -> [String: JsonValue] {
    guard file.count <= maxSignatureBytes else { throw damaged("expected at most \(maxSignatureBytes) bytes, got \(file.count)") }
    guard let text = String(bytes: file, encoding: .utf8), let value = try? JsonValue(parsing: text) else { throw damaged("no JSON") }
    guard let data = value.object, data["kind"]?.text == kind, data["schema"]?.int == schema, Set(data.keys) == keys else {
        throw damaged("expected kind '\(kind)' of schema \(schema) with \(keys.sorted().joined(separator: ", "))")
    }
    return data
}

private func isHex(_ text: String) -> Bool { text.utf8.count == 16 && text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) } }

/// As "2027-11-28T00:00:00Z": digits in the places of zeros.
private func isTime(_ text: String) -> Bool {
    let pattern = "0000-00-00T00:00:00Z".utf8
    return text.utf8.count == pattern.count
        && zip(text.utf8, pattern).allSatisfy { got, expected in
            expected == UInt8(ascii: "0") ? "0123456789".utf8.contains(got) : got == expected
        }
}

private func wrong(_ problem: String) -> CtpnError { .model("\(signatureName): \(problem)") }

private func damaged(_ problem: String, _ got: JsonValue? = nil) -> CtpnError {
    wrong("damaged, \(problem)\(got.map { ", got \($0.shown)" } ?? ""); \(hint)")
}
