package ctpn.app

import android.content.res.AssetManager
import ctpn.core.CtpnException
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import java.io.File
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** An app with public keys among its assets takes no bundle that is not signed. */
@RunWith(RobolectricTestRunner::class)
class KeysTest {
    private val manifest =
        RuntimeEnvironment
            .getApplication()
            .assets
            .open("bundle/manifest.json")
            .use { it.readBytes() }

    private fun error(key: String?): String {
        val apk = File.createTempFile("keys", ".apk").apply { deleteOnExit() }
        ZipOutputStream(apk.outputStream()).use { zip ->
            val files = mapOf("bundle/manifest.json" to manifest) + listOfNotNull(key).associate { "keys/a.pem" to it.toByteArray() }
            for ((name, content) in files) {
                zip.putNextEntry(ZipEntry("assets/$name"))
                zip.write(content)
            }
        }
        val assets = AssetManager::class.java.getDeclaredConstructor().newInstance()
        AssetManager::class.java.getMethod("addAssetPath", String::class.java).invoke(assets, apk.path)
        return assertThrows(CtpnException::class.java) { Models.bundle(assets) }.message!!
    }

    @Test
    fun `a key asks for a signature, no key for none, and what is no key is an error`() {
        assertTrue(error(KEY), "signature.json: missing" in error(KEY))
        assertTrue(error(null), "missing from the bundle" in error(null)) // the first file that the manifest names
        assertTrue(error("text"), "public key: expected the PEM of a P-256 key" in error("text"))
    }

    private companion object {
        // The generator's point of P-256: the public key whose private key is 1.
        const val KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
"""
    }
}
