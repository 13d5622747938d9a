package ctpn.app

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.TextView
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** Measures how fast this phone reads, shows it, and shares it as the file that `python -m benchmarks.report` takes. */
class BenchmarkActivity : Activity() {
    private lateinit var measuring: Measuring

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        measuring = lastNonConfigurationInstance as Measuring? ?: Measuring(Benchmark(applicationContext))
        setContentView(R.layout.benchmark)
        findViewById<View>(R.id.root).keepClearOfBars()
        findViewById<View>(R.id.back).setOnClickListener { finish() }
        findViewById<View>(R.id.start).setOnClickListener { measuring.startOrStop() }
        findViewById<View>(R.id.share).setOnClickListener { measuring.report?.let(::share) }
        measuring.onChange = ::show
        show()
    }

    override fun onRetainNonConfigurationInstance(): Any = measuring

    override fun onDestroy() {
        measuring.onChange = {}
        if (!isChangingConfigurations) measuring.close()
        super.onDestroy()
    }

    private fun show() {
        findViewById<Button>(R.id.start).setText(if (measuring.isRunning) R.string.stop else R.string.start)
        val progress = measuring.progress?.let { (done, all) -> getString(R.string.measuring, done, all) }
        findViewById<TextView>(R.id.progress_text).text = progress ?: measuring.problem.orEmpty()
        findViewById<View>(R.id.share).visibility = if (measuring.report == null) View.INVISIBLE else View.VISIBLE
        val rows = findViewById<ViewGroup>(R.id.stages)
        rows.removeAllViews()
        val measured = measuring.report?.getValue("ms")?.jsonObject ?: return
        rows.addView(row(rows, getString(R.string.stage), getString(R.string.median), getString(R.string.p90)))
        for ((stage, name) in STAGES.zip(resources.getStringArray(R.array.stages))) {
            val ms = measured.getValue(stage).jsonArray.map { it.jsonPrimitive.double }
            val shown = listOf(0.5, 0.9).map { getString(R.string.milliseconds, percentile(ms, it)) }
            rows.addView(row(rows, name, shown[0], shown[1]))
        }
    }

    private fun row(
        rows: ViewGroup,
        name: String,
        median: String,
        p90: String,
    ): View =
        rows.inflate(R.layout.stage).also {
            it.findViewById<TextView>(R.id.stage).text = name
            it.findViewById<TextView>(R.id.median).text = median
            it.findViewById<TextView>(R.id.p90).text = p90
        }

    private fun share(report: JsonObject) {
        SharedFiles.file(this, SharedFiles.REPORT).writeText(report.toString() + "\n")
        val send =
            Intent(Intent.ACTION_SEND)
                .setType("application/json")
                .putExtra(Intent.EXTRA_STREAM, SharedFiles.uri(SharedFiles.REPORT))
                .addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        startActivity(Intent.createChooser(send, null))
    }

    private companion object {
        /** In the order of the resource's names. */
        val STAGES = listOf("whole", "decode", "fit", "detect", "postprocess", "line_crop", "recognize", "ctc")
    }
}

/** A benchmark that goes on while its Activity is rotated. */
internal class Measuring(
    private val benchmark: Benchmark,
) {
    private val background = BackgroundThread()
    private val main = Handler(Looper.getMainLooper())
    var onChange: () -> Unit = {}

    /** Readings done, of how many; null while nothing is measured. */
    var progress: Pair<Int, Int>? = null
        private set
    var report: JsonObject? = null
        private set
    var problem: String? = null
        private set
    val isRunning get() = progress != null

    fun startOrStop() {
        if (isRunning) {
            background.drop()
            ended(null, null)
        } else {
            start()
        }
    }

    private fun start() {
        progress = 0 to 0
        problem = null
        onChange()
        background.start(
            job = { benchmark.measure { done, all -> main.post { if (isRunning) show(done to all) } } },
            done = { ended(it, null) },
            failed = { ended(null, it.message ?: it.toString()) },
        )
    }

    private fun show(now: Pair<Int, Int>) {
        progress = now
        onChange()
    }

    private fun ended(
        measured: JsonObject?,
        failed: String?,
    ) {
        progress = null
        report = measured ?: report
        problem = failed
        onChange()
    }

    fun close() = background.close()
}
