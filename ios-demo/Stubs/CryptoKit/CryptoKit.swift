// CryptoKit, as far as the app uses it. Unlike the other stubs it computes, by OpenSSL's library, so that the tests really verify.
import Foundation

public enum CryptoKitError: Error { case incorrectParameterSize, invalidKey }

public enum P256 {
    public enum Signing {
        public struct PublicKey: Sendable {
            /// SubjectPublicKeyInfo.
            public let derRepresentation: Data

            public init<D: DataProtocol>(derRepresentation: D) throws {
                self.derRepresentation = Data(derRepresentation)
                guard derRepresentation.count == 91, derRepresentation.starts(with: p256), OpenSsl.isKey([UInt8](derRepresentation)) else {
                    throw CryptoKitError.invalidKey
                }
            }

            public func isValidSignature<D: DataProtocol>(_ signature: ECDSASignature, for data: D) -> Bool {
                OpenSsl.isSigned(key: [UInt8](derRepresentation), signature: signature.der, message: [UInt8](data))
            }
        }

        public struct ECDSASignature: Sendable {
            let der: [UInt8]

            /// r and s, 32 bytes each.
            public init<D: DataProtocol>(rawRepresentation: D) throws {
                guard rawRepresentation.count == 64 else { throw CryptoKitError.incorrectParameterSize }
                let content = integer(rawRepresentation.prefix(32)) + integer(rawRepresentation.suffix(32))
                der = [0x30, UInt8(content.count)] + content
            }
        }
    }
}

/// What comes before the point in the DER form of a P-256 key.
private let p256: [UInt8] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7, 3, 0x42, 0, 4,
]

/// A DER integer that is not negative.
private func integer(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    let digits = Array(bytes.drop { $0 == 0 })
    let content = (digits.first ?? 128) < 128 ? digits : [0] + digits
    return [2, UInt8(content.count)] + content
}

/// The few functions of libcrypto that this takes; its header is not there.
private enum OpenSsl {
    private static func function<F>(_ name: String, _: F.Type) -> F {
        guard let library = dlopen("libcrypto.so.3", RTLD_NOW), let symbol = dlsym(library, name) else {
            fatalError("libcrypto.so.3: expected the function \(name) of OpenSSL 3, which comes with the Swift toolchain")
        }
        return unsafeBitCast(symbol, to: F.self)
    }

    private typealias Free = @convention(c) (OpaquePointer?) -> Void

    private static func withKey<T>(_ der: [UInt8], _ body: (OpaquePointer) -> T) -> T? {
        typealias Parse = @convention(c) (OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>, CLong) -> OpaquePointer?
        let parse = function("d2i_PUBKEY", Parse.self)
        let parsed = der.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            return parse(nil, &next, bytes.count)
        }
        guard let key = parsed else { return nil }
        defer { function("EVP_PKEY_free", Free.self)(key) }
        return body(key)
    }

    static func isKey(_ der: [UInt8]) -> Bool { withKey(der) { _ in true } ?? false }

    static func isSigned(key der: [UInt8], signature: [UInt8], message: [UInt8]) -> Bool {
        typealias Begin = @convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?) -> CInt
        typealias Verify = @convention(c) (OpaquePointer?, UnsafePointer<UInt8>, Int, UnsafePointer<UInt8>, Int) -> CInt
        let (begin, verify) = (function("EVP_DigestVerifyInit", Begin.self), function("EVP_DigestVerify", Verify.self))
        let sha256 = function("EVP_sha256", (@convention(c) () -> OpaquePointer?).self)()
        let context = function("EVP_MD_CTX_new", (@convention(c) () -> OpaquePointer?).self)()
        defer { function("EVP_MD_CTX_free", Free.self)(context) }
        return withKey(der) { key in
            begin(context, nil, sha256, nil, key) == 1 && verify(context, signature, signature.count, message, message.count) == 1
        } ?? false
    }
}
