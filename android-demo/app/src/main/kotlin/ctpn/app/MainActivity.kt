package ctpn.app

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.ClipData
import android.content.ClipboardManager
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.provider.MediaStore
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import android.widget.Toast
import ctpn.core.screen.Event
import ctpn.core.screen.Failure
import ctpn.core.screen.Screen

/** Shows the session's screen and passes on what the user does; photos come from other apps. */
class MainActivity :
    Activity(),
    Sources {
    internal lateinit var session: Session
        private set
    private lateinit var root: ViewGroup
    private lateinit var progress: View
    private var page: Page? = null
    private val backKey = BackKey(this) { session.send(Event.Back) }

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        session = lastNonConfigurationInstance as Session? ?: Session(applicationContext, saved?.getString(SCREEN))
        setContentView(R.layout.main)
        findViewById<View>(R.id.root).keepClearOfBars()
        root = findViewById(R.id.page)
        progress = findViewById(R.id.progress)
        findViewById<View>(R.id.cancel).setOnClickListener { session.send(Event.Back) }
        session.onChange = ::show
        show(session.screen)
    }

    override fun onRetainNonConfigurationInstance() = session

    override fun onSaveInstanceState(out: Bundle) {
        super.onSaveInstanceState(out)
        out.putString(SCREEN, session.saved())
    }

    override fun onDestroy() {
        session.onChange = null
        if (!isChangingConfigurations) session.close(forGood = isFinishing)
        super.onDestroy()
    }

    private fun show(screen: Screen) {
        if (screen is Screen.Done) return finishWith(screen)
        val now = pageOf(screen)
        if (now !== page) turnTo(now)
        now.show(screen, session.picture)
        showProgress(screen)
        backKey.handle(screen !is Screen.Choose)
    }

    private fun pageOf(screen: Screen): Page =
        when (screen) {
            is Screen.Choose, is Screen.Opening -> page as? ChoosePage ?: ChoosePage(root, this)
            is Screen.Mark, is Screen.Reading -> page as? MarkPage ?: MarkPage(root, session)
            is Screen.Results -> page as? ResultsPage ?: ResultsPage(root, session, ::copy, ::share)
            is Screen.Failed -> page as? FailedPage ?: FailedPage(root, session)
            is Screen.Done -> error("finished")
        }

    private fun turnTo(now: Page) {
        root.removeAllViews()
        root.addView(now.view)
        page = now
        setTitle(now.title)
    }

    private fun showProgress(screen: Screen) {
        val says =
            when (screen) {
                is Screen.Opening -> R.string.opening
                is Screen.Reading -> R.string.reading
                else -> 0
            }
        progress.visibility = if (says == 0) View.GONE else View.VISIBLE
        root.importantForAccessibility =
            if (says == 0) View.IMPORTANT_FOR_ACCESSIBILITY_AUTO else View.IMPORTANT_FOR_ACCESSIBILITY_NO_HIDE_DESCENDANTS
        if (says != 0) findViewById<TextView>(R.id.progress_text).setText(says)
    }

    /** The app that started this one for a text gets it. */
    private fun finishWith(done: Screen.Done) {
        setResult(RESULT_OK, Intent().putExtra(Intent.EXTRA_TEXT, done.lines.text()))
        finish()
    }

    @Deprecated("since Android 13 by BackKey")
    override fun onBackPressed() {
        @Suppress("DEPRECATION")
        if (session.screen is Screen.Choose) super.onBackPressed() else session.send(Event.Back)
    }

    override fun camera() =
        ask(
            CAMERA,
            Intent(MediaStore.ACTION_IMAGE_CAPTURE)
                .putExtra(MediaStore.EXTRA_OUTPUT, SharedFiles.uri(SharedFiles.PHOTO))
                .addFlags(Intent.FLAG_GRANT_WRITE_URI_PERMISSION or Intent.FLAG_GRANT_READ_URI_PERMISSION),
        )

    override fun gallery() =
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
            ask(GALLERY, Intent(MediaStore.ACTION_PICK_IMAGES))
        } else {
            ask(GALLERY, Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("image/*"))
        }

    override fun sample() = session.send(Event.PhotoChosen(Photos.SAMPLE))

    override fun benchmark() = startActivity(Intent(this, BenchmarkActivity::class.java))

    private fun ask(
        request: Int,
        intent: Intent,
    ) = try {
        startActivityForResult(intent, request)
    } catch (e: ActivityNotFoundException) {
        session.send(Event.Broke(Failure.NO_CAMERA, e.message.orEmpty()))
    }

    override fun onActivityResult(
        request: Int,
        result: Int,
        data: Intent?,
    ) {
        if (result != RESULT_OK) return
        val photo: Uri? = if (request == CAMERA) SharedFiles.uri(SharedFiles.PHOTO) else data?.data
        photo?.let { session.send(Event.PhotoChosen(it.toString())) }
    }

    private fun copy(text: String) {
        getSystemService(ClipboardManager::class.java).setPrimaryClip(ClipData.newPlainText(getString(R.string.app_name), text))
        // Since Android 13 the system shows what was copied.
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU) Toast.makeText(this, R.string.copied, Toast.LENGTH_SHORT).show()
    }

    private fun share(text: String) =
        startActivity(Intent.createChooser(Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_TEXT, text), null))

    private companion object {
        const val SCREEN = "screen"
        const val CAMERA = 1
        const val GALLERY = 2
    }
}
