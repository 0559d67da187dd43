internal import COpenSSL

enum Libcrypto {
    /// Whether libcrypto can be used; asked before its first use. It is told not to take itself down when the process ends: `exit` runs its
    /// handlers while other threads still compute digests, and those would fail in the last moment of a process that stops in peace.
    static let isReady = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1
}
