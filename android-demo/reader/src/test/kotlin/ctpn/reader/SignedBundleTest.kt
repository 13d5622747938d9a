package ctpn.reader

import ctpn.core.CtpnException
import ctpn.core.ModelException
import ctpn.core.contract.MANIFEST
import ctpn.core.contract.SIGNATURE
import ctpn.core.contract.Trust
import ctpn.core.contract.sha256
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.FileNotFoundException
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.Signature
import java.security.spec.ECGenParameterSpec
import java.util.Base64
import kotlin.random.Random

/** A bundle that is opened with a public key; contract/vectors/signature.json has the signatures themselves. */
class SignedBundleTest {
    private val folder = Folder(ReaderCase.file("bundle"))
    private val manifest = ReaderCase.file("bundle/$MANIFEST").readBytes()
    private val key = newKey()
    private val signature = signed(key, release = 3)

    private fun newKey(): KeyPair = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.genKeyPair()

    private fun pem(key: KeyPair) =
        "-----BEGIN PUBLIC KEY-----\n${Base64.getMimeEncoder().encodeToString(key.public.encoded)}\n-----END PUBLIC KEY-----\n"

    private fun signed(
        key: KeyPair,
        release: Int,
    ): ByteArray {
        val end = "2999-01-01T00:00:00Z"
        val signer = Signature.getInstance("SHA256withECDSAinP1363Format").apply { initSign(key.private) }
        signer.update("ctpn-bundle 1\n${sha256(manifest)}\n$release\n$end\n".toByteArray())
        val id = sha256(key.public.encoded).take(16)
        val numbers = Base64.getEncoder().encodeToString(signer.sign())
        val fields = """"schema": 1, "kind": "ctpn-signature", "key": "$id", "release": $release, "expires": "$end""""
        return """{$fields, "signature": "$numbers"}""".toByteArray()
    }

    /** The bundle with this as its signature; null: without. */
    private fun open(
        signature: ByteArray?,
        trust: Trust?,
    ) = Bundle.open(
        { if (it == SIGNATURE) signature?.inputStream() ?: throw FileNotFoundException(it) else folder.open(it) },
        trust,
    )

    private fun refused(
        signature: ByteArray?,
        trust: Trust,
    ) = assertThrows(ModelException::class.java) { open(signature, trust) }.message!!

    @Test
    fun `one that a trusted key has signed opens, also while two are trusted`() {
        for (trust in listOf(Trust(listOf(pem(key))), Trust(listOf(pem(newKey()), pem(key)), minRelease = 3))) {
            val bundle = open(signature, trust)
            assertEquals(3L, bundle.signature!!.release)
            openReader(bundle, threads = 1).use { it.selfTest(bundle.golden, ReaderCase.decoded(bundle.goldenPhoto)) }
        }
    }

    @Test
    fun `without a key nobody looks at the signature`() {
        for (any in listOf(null, signature, ByteArray(0), ByteArray(5000))) assertNull(open(any, null).signature)
    }

    @Test
    fun `missing, foreign, older and unreadable ones are refused`() {
        val trust = Trust(listOf(pem(key)))
        assertTrue("missing" in refused(null, trust))
        assertTrue("signed by another key" in refused(signed(newKey(), 3), trust))
        assertTrue("release 3 is older than 4" in refused(signature, Trust(listOf(pem(key)), minRelease = 4)))
        assertTrue("at most 4096 bytes" in refused(signature + ByteArray(4096) { ' '.code.toByte() }, trust))
        val error = assertThrows(CtpnException::class.java) { open(signature, Trust(listOf("no key"))) }
        assertTrue("public key: expected the PEM" in error.message!!)
    }

    @Test
    fun `an altered manifest is refused before anything in it is believed`() {
        val altered = manifest.decodeToString().replace("\"onnx\"", "\"onxx\"").toByteArray()
        val error =
            assertThrows(ModelException::class.java) {
                Bundle.open(
                    {
                        when (it) {
                            SIGNATURE -> signature.inputStream()
                            MANIFEST -> altered.inputStream()
                            else -> throw AssertionError("$it was read")
                        }
                    },
                    Trust(listOf(pem(key))),
                )
            }
        assertTrue("does not fit the manifest" in error.message!!)
    }

    @Test
    fun `no damage of a signature is taken or ends otherwise than as a refusal`() {
        val (random, trust) = Random(7) to Trust(listOf(pem(key)))
        repeat(400) { round ->
            val damaged = signature.copyOf()
            repeat(1 + round % 3) { damaged[random.nextInt(damaged.size)] = random.nextInt().toByte() }
            val cut = if (round % 5 == 0) damaged.copyOf(random.nextInt(damaged.size)) else damaged
            if (!cut.contentEquals(signature)) assertTrue("signature.json: " in refused(cut, trust))
        }
    }
}
