package ctpn.app

import android.content.res.AssetManager
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import ctpn.core.CtpnException
import ctpn.core.TextReader
import ctpn.core.contract.Trust
import ctpn.reader.Bundle
import ctpn.reader.openReader
import ctpn.reader.selfTest

/**
 * The app's own bundle and a reader of it. For one thread; opened when first needed: then every byte is verified and the golden case
 * read.
 */
class Models(
    private val assets: AssetManager,
) : AutoCloseable {
    private var opened: TextReader? = null

    /** @throws ctpn.core.CtpnException the app's models are damaged, or this phone computes other results. */
    fun reader(): TextReader = opened ?: open().also { opened = it }

    private fun open(): TextReader {
        val bundle = bundle(assets)
        val reader = openReader(bundle, THREADS)
        try {
            reader.selfTest(bundle.golden, sample(bundle).rgb())
        } catch (e: CtpnException) {
            reader.close()
            throw e
        }
        return reader
    }

    override fun close() {
        opened?.close()
        opened = null
    }

    companion object {
        /** Of one reading. Phones have few fast cores, and waiting for the slow ones costs more than these give. */
        val THREADS = minOf(4, Runtime.getRuntime().availableProcessors())

        /**
         * The app's bundle, verified.
         *
         * @throws CtpnException it is damaged, or is not signed with one of the app's keys.
         */
        fun bundle(assets: AssetManager): Bundle = Bundle.open({ assets.open("bundle/$it") }, trust(assets))

        /** Trust in the public keys in `assets/keys`, whatever their names; null if there are none: then a bundle needs no signature. */
        private fun trust(assets: AssetManager): Trust? {
            val keys = assets.list("keys").orEmpty().map { assets.open("keys/$it").use { file -> file.readBytes().decodeToString() } }
            return if (keys.isEmpty()) null else Trust(keys)
        }

        /** The golden case's photo. */
        fun sample(bundle: Bundle): Bitmap {
            // Unchanged pixels: no scaling to the screen's density, no other colour space.
            val options = BitmapFactory.Options().apply { inScaled = false }
            val png = bundle.goldenPhoto
            return BitmapFactory.decodeByteArray(png, 0, png.size, options) ?: throw CtpnException("the bundle's photo cannot be decoded")
        }
    }
}
