package ctpn.reader

import ctpn.core.Region
import ctpn.core.RgbImage
import ctpn.core.TextLine

/**
 * Finds and reads text lines in photos. Not for two threads at once. An interrupted thread's call ends soon, with a
 * `CancellationException`, so `Future.cancel(true)` drops a reading that nobody waits for any more.
 *
 * @param threads for one picture; 0 lets the runtime choose.
 * @throws ctpn.core.ModelException a model that cannot be loaded or does not fit its spec.
 */
class TextReader(
    private val bundle: Bundle,
    threads: Int = 0,
) : AutoCloseable {
    /**
     * The text lines of a photo with their texts, region by region, each in reading order.
     *
     * @param regions what a user marked; null: the whole photo.
     * @throws ctpn.core.CtpnException a region that is none, or does not touch the photo.
     */
    fun read(
        rgb: RgbImage,
        regions: List<Region>? = null,
    ): List<TextLine> = TODO("lands with the reader")

    /** As [read], without texts. */
    fun detect(
        rgb: RgbImage,
        regions: List<Region>? = null,
    ): List<TextLine> = TODO("lands with the reader")

    /**
     * Read the bundle's golden case.
     *
     * @param photo `bundle.goldenPhoto`, decoded.
     * @throws ctpn.core.CtpnException another number of lines, another text, or a quad or score beyond the case's tolerance.
     */
    fun selfTest(photo: RgbImage): Unit = TODO("lands with the reader")

    override fun close() = Unit
}
