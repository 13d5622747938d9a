package ctpn.app

import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.OpenableColumns
import java.io.File
import java.io.FileNotFoundException

/**
 * Gives other apps access to two files, each to the app that is granted its address: the camera writes PHOTO, the app that the user
 * shares with reads REPORT.
 * (FileProvider does this for apps with AndroidX.)
 */
class SharedFiles : ContentProvider() {
    override fun onCreate() = true

    override fun openFile(
        uri: Uri,
        mode: String,
    ): ParcelFileDescriptor = ParcelFileDescriptor.open(file(uri), ParcelFileDescriptor.parseMode(mode))

    override fun getType(uri: Uri) = TYPES[uri.lastPathSegment]

    override fun query(
        uri: Uri,
        projection: Array<String>?,
        selection: String?,
        selectionArgs: Array<String>?,
        sortOrder: String?,
    ): Cursor {
        val file = file(uri)
        val known = mapOf(OpenableColumns.DISPLAY_NAME to file.name, OpenableColumns.SIZE to file.length())
        val columns = (projection ?: known.keys.toTypedArray()).filter { it in known }
        return MatrixCursor(columns.toTypedArray()).apply { addRow(columns.map { known[it] }) }
    }

    private fun file(uri: Uri): File {
        val name = uri.lastPathSegment
        if (name !in TYPES || uri.pathSegments.size != 1) throw FileNotFoundException("$uri: expected one of ${TYPES.keys}")
        return file(requireNotNull(context), requireNotNull(name))
    }

    override fun insert(
        uri: Uri,
        values: ContentValues?,
    ): Uri? = null

    override fun update(
        uri: Uri,
        values: ContentValues?,
        selection: String?,
        selectionArgs: Array<String>?,
    ) = 0

    override fun delete(
        uri: Uri,
        selection: String?,
        selectionArgs: Array<String>?,
    ) = 0

    companion object {
        const val PHOTO = "camera.jpg"
        const val REPORT = "ctpn-benchmark.json"
        private const val AUTHORITY = "ctpn.app.files"
        private val TYPES = mapOf(PHOTO to "image/jpeg", REPORT to "application/json")

        fun uri(name: String): Uri = Uri.parse("content://$AUTHORITY/$name")

        fun file(
            context: Context,
            name: String,
        ) = File(context.cacheDir, name)
    }
}
