@_exported import Foundation

public enum AVAuthorizationStatus: Int, Sendable { case notDetermined, restricted, denied, authorized }
public struct AVMediaType: Sendable { public static let video = AVMediaType() }
public final class AVCaptureDevice {
    @_spi(Tests) public nonisolated(unsafe) static var status = AVAuthorizationStatus.authorized
    public class func authorizationStatus(for mediaType: AVMediaType) -> AVAuthorizationStatus { status }
}
