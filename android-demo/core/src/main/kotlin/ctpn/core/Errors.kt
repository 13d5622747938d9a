package ctpn.core

/** Root of all errors that this project throws on purpose. Messages say what, where, expected, got and what to do. */
open class CtpnException(
    message: String,
) : Exception(message)

/** A model file or bundle is missing, damaged, of another kind or of another version. */
class ModelException(
    message: String,
) : CtpnException(message)
