package ctpn.reader

import ctpn.core.CtpnException
import ctpn.core.TextReader
import ctpn.core.contract.GoldenCase
import ctpn.core.imaging.RgbImage

/**
 * A reader with a bundle's models under ONNX Runtime. Not for two threads at once. An interrupted thread's call ends soon, with a
 * `CancellationException`: so `Future.cancel(true)` drops a reading whose answer is no longer needed.
 *
 * @param threads for one picture; 0 lets the runtime choose.
 * @throws ModelException a model that cannot be loaded or does not fit its spec.
 */
fun openReader(
    bundle: Bundle,
    threads: Int = 0,
): TextReader {
    val detector = OnnxDetector(bundle.model("detector"), bundle.detectorSpec, threads)
    try {
        return TextReader(detector, OnnxRecognizer(bundle.model("recognizer"), bundle.recognizerSpec, threads))
    } catch (e: CtpnException) {
        detector.close()
        throw e
    }
}

/**
 * Read a bundle's golden case.
 *
 * @param photo `Bundle.goldenPhoto`, decoded.
 * @throws CtpnException other lines are read than the case has, beyond its tolerances.
 */
fun TextReader.selfTest(
    case: GoldenCase,
    photo: RgbImage,
) {
    case.difference(read(photo, case.regions))?.let { throw CtpnException("golden case: $it; this device or runtime computes otherwise") }
}
