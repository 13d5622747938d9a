package ctpn.app

/** Calls what Android 8 lacks, where the version is new enough; all other code is compared with what Android 8 has (pom.xml). */
@Target(AnnotationTarget.FILE, AnnotationTarget.CLASS, AnnotationTarget.FUNCTION)
@Retention(AnnotationRetention.BINARY)
internal annotation class NewerAndroid
