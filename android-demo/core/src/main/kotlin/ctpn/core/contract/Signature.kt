package ctpn.core.contract

import ctpn.core.CtpnException
import ctpn.core.ModelException
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import java.math.BigInteger
import java.security.AlgorithmParameters
import java.security.GeneralSecurityException
import java.security.KeyFactory
import java.security.interfaces.ECPublicKey
import java.security.spec.ECFieldFp
import java.security.spec.ECGenParameterSpec
import java.security.spec.ECParameterSpec
import java.security.spec.X509EncodedKeySpec
import java.time.Clock
import java.time.temporal.ChronoUnit
import java.util.Base64
import java.security.Signature as Verifier

const val SIGNATURE = "signature.json"
const val MAX_SIGNATURE_BYTES = 4096
private const val SCHEMA = 1
private const val KIND = "ctpn-signature"
private const val MAX_RELEASE = (1L shl 53) - 1
private const val SIDE = 32 // bytes of r and of s
private const val HINT = "fetch the bundle again from whoever publishes it"
private val KEYS = setOf("schema", "kind", "key", "release", "expires", "signature")
private val KEY_ID = Regex("[0-9a-f]{16}")
private val TIME = Regex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
private val PEM = Regex("-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----")
private val P256: ECParameterSpec =
    AlgorithmParameters
        .getInstance("EC")
        .apply { init(ECGenParameterSpec("secp256r1")) }
        .getParameterSpec(ECParameterSpec::class.java)

/**
 * Whose bundles are taken, and which.
 *
 * @property publicKeys PEM texts of P-256 keys. Two while one replaces the other.
 * @property minRelease the release that is in use; older ones are refused, so that nobody can bring an old fault back.
 * @property clock against which the end of a signature is compared.
 */
class Trust(
    val publicKeys: List<String>,
    val minRelease: Long = 0,
    val clock: Clock = Clock.systemUTC(),
)

/**
 * What signature.json says besides the signature itself; docs/bundle.md describes it.
 *
 * @property key id of the public key: the first 16 hex digits of the SHA-256 of its DER form.
 * @property release number of the bundle, 1 to 2^53 - 1.
 * @property expires UTC, "2027-11-28T00:00:00Z"; from then on the signature is refused.
 */
data class Signature(
    val key: String,
    val release: Long,
    val expires: String,
)

/**
 * Check that a trusted key signed the manifest, as a release that may be taken now.
 *
 * @param manifest the bytes of manifest.json.
 * @param signature the bytes of signature.json; null: there is none.
 * @throws ModelException missing, damaged, by another key, altered, expired, or older than the release in use.
 * @throws CtpnException a public key is none.
 */
fun verifySignature(
    manifest: ByteArray,
    signature: ByteArray?,
    trust: Trust,
): Signature {
    val keys = trust.publicKeys.map { publicKey(it) }.associateBy { sha256(it.encoded).take(16) }
    if (signature == null) throw refused("missing, so nobody vouches for this bundle; $HINT, or read without a public key")
    val fields = fields(signature)
    val found = parsed(fields)
    val numbers = numbers(fields["signature"])
    val key =
        keys[found.key]
            ?: throw refused("signed by another key, expected ${keys.keys.sorted().joinToString(" or ")}, got ${found.key}; $HINT")
    if (!isSigned(key, numbers, message(manifest, found))) {
        throw refused("does not fit the manifest, one of them was altered; $HINT")
    }
    val now =
        trust.clock
            .instant()
            .truncatedTo(ChronoUnit.SECONDS)
            .toString()
    if (now >= found.expires) throw refused("expired at ${found.expires}, it is $now; $HINT, and check this device's clock")
    if (found.release < trust.minRelease) {
        throw refused("release ${found.release} is older than ${trust.minRelease}, which is in use; $HINT")
    }
    return found
}

private fun refused(problem: String) = ModelException("$SIGNATURE: $problem")

private fun damaged(problem: String) = refused("damaged, $problem; $HINT")

/** The bytes that are signed: the manifest's SHA-256, the release and the end, a line each. */
private fun message(
    manifest: ByteArray,
    signature: Signature,
): ByteArray = "ctpn-bundle $SCHEMA\n${sha256(manifest)}\n${signature.release}\n${signature.expires}\n".toByteArray(Charsets.US_ASCII)

private fun publicKey(pem: String): ECPublicKey {
    val key =
        try {
            val der = Base64.getDecoder().decode(PEM.find(pem)!!.groupValues[1].filterNot { it.isWhitespace() })
            KeyFactory.getInstance("EC").generatePublic(X509EncodedKeySpec(der)) as? ECPublicKey
        } catch (_: RuntimeException) {
            // no PEM, no base64, no numbers of a key
            null
        } catch (_: GeneralSecurityException) {
            null
        }
    if (key == null || !isOfP256(key)) {
        throw CtpnException("public key: expected the PEM of a P-256 key, as python -m export.sign --new-key writes it, got another text")
    }
    return key
}

/** Not every provider checks the curve, and that the point is on it. */
private fun isOfP256(key: ECPublicKey): Boolean {
    val (curve, prime) = P256.curve to (P256.curve.field as ECFieldFp).p
    val (x, y) = key.w.affineX to key.w.affineY
    return key.params.curve == curve &&
        key.params.generator == P256.generator &&
        x < prime &&
        y < prime &&
        (y * y - x * x * x - curve.a * x - curve.b).mod(prime) == BigInteger.ZERO
}

/** [numbers] are r and s. Android 8 takes them as DER alone. */
private fun isSigned(
    key: ECPublicKey,
    numbers: List<BigInteger>,
    data: ByteArray,
): Boolean {
    if (numbers.any { it.signum() == 0 || it >= P256.order }) return false // some providers take zeros for any text
    val verifier = Verifier.getInstance("SHA256withECDSA")
    verifier.initVerify(key)
    verifier.update(data)
    return try {
        verifier.verify(der(numbers))
    } catch (_: GeneralSecurityException) {
        false
    }
}

/** A sequence of two integers, all of them shorter than 128 bytes. */
private fun der(numbers: List<BigInteger>): ByteArray {
    val integers = numbers.map { it.toByteArray() }.fold(byteArrayOf()) { all, one -> all + byteArrayOf(2, one.size.toByte()) + one }
    return byteArrayOf(0x30, integers.size.toByte()) + integers
}

private fun fields(data: ByteArray): JsonObject {
    if (data.size > MAX_SIGNATURE_BYTES) throw damaged("expected at most $MAX_SIGNATURE_BYTES bytes, got ${data.size}")
    val found =
        try {
            parseJson(utf8(data) ?: throw IllegalArgumentException("no UTF-8")).asObject()
        } catch (e: IllegalArgumentException) {
            throw damaged("no JSON (${shown(e.message)})")
        }
    if (found?.get("kind").asText() != KIND || found?.get("schema").asInt() != SCHEMA || found?.keys != KEYS) {
        throw damaged("expected kind '$KIND' of schema $SCHEMA with ${KEYS.sorted().joinToString()}")
    }
    return found
}

private fun parsed(fields: JsonObject): Signature {
    val (key, release, expires) = Triple(fields["key"].asText(), fields["release"].asLong(), fields["expires"].asText())
    if (key == null || !KEY_ID.matches(key)) throw damaged("key: expected 16 hex digits, got ${shown(fields["key"])}")
    if (release == null || release !in 1..MAX_RELEASE) {
        throw damaged("release: expected a whole number from 1, got ${shown(fields["release"])}")
    }
    if (expires == null || !TIME.matches(expires)) {
        throw damaged("expires: expected a time such as 2027-11-28T00:00:00Z, got ${shown(fields["expires"])}")
    }
    return Signature(key, release, expires)
}

/** r and s, 32 bytes each, big-endian, in base64 as its standard has it. */
private fun numbers(written: JsonElement?): List<BigInteger> {
    val text = written.asText()
    val bytes =
        try {
            Base64.getDecoder().decode(text.orEmpty())
        } catch (_: IllegalArgumentException) {
            byteArrayOf()
        }
    if (bytes.size != 2 * SIDE || Base64.getEncoder().encodeToString(bytes) != text) {
        throw damaged("signature: expected 64 bytes in base64, got ${shown(written)}")
    }
    return listOf(bytes.copyOfRange(0, SIDE), bytes.copyOfRange(SIDE, 2 * SIDE)).map { BigInteger(1, it) }
}

/** The beginning of a value on one line. */
private fun shown(value: Any?): String = value.toString().take(60).replace(Regex("\\s+"), " ")
