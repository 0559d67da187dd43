/// What the gateway takes from outside, at most.
enum Limits {
    static let controlFrameBytes = 1 << 20
    static let controlFragments = 64
    static let outboundFrames = 1024
    static let helloSeconds: Int64 = 10
    static let handshakeSeconds: Int64 = 10
    static let idleSeconds: Int64 = 120
    static let uriBytes = 4096
}
