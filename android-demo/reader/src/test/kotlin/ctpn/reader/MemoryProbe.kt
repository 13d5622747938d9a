package ctpn.reader

import ctpn.core.imaging.RgbImage
import java.io.File

/**
 * What reading all of a photo holds beside the JVM's heap, in kB: to be run with a heap as small as a phone's, all of it touched from
 * the beginning (-Xms and -Xmx alike, -XX:+AlwaysPreTouch), so that what the process grows by is not the heap.
 *
 * @param arguments a bundle's folder, width and height of the photo: the golden case's, repeated until it fills them.
 */
fun main(arguments: Array<String>) {
    val files = Folder(File(arguments[0]))
    val (width, height) = arguments.drop(1).map { it.toInt() }
    val photo = repeated(ReaderCase.decoded(files.open("golden.png").use { it.readBytes() }), width, height)
    System.gc()
    val before = status("VmRSS")
    openReader(Bundle.open(files), threads = 1).use { println("${it.read(photo).size} lines, ${status("VmHWM") - before} kB") }
}

private fun repeated(
    part: RgbImage,
    width: Int,
    height: Int,
): RgbImage {
    val pixels = ByteArray(3 * width * height)
    for (y in 0 until height) {
        for (x in 0 until width) {
            val from = 3 * ((y % part.height) * part.width + x % part.width)
            part.pixels.copyInto(pixels, 3 * (y * width + x), from, from + 3)
        }
    }
    return RgbImage(width, height, pixels)
}

private fun status(key: String): Long =
    File("/proc/self/status")
        .readLines()
        .first { it.startsWith("$key:") }
        .filter { it.isDigit() }
        .toLong()
