internal import Learning

/// What a model says of whole texts. They are read in windows of the context that stand for themselves, as if a text began with each: what
/// comes out is no better than the model. The ends of texts do not count.
package struct TextLoss: Sendable, Equatable {
    /// Sum of −ln of what the model gives each byte.
    package private(set) var nats = 0.0
    package private(set) var bytes = 0

    /// Windows of one forward pass together: memory for attention grows with it.
    private static let bytesAtOnce = 2048

    /// - Parameter parameters: finite or not; the loss is then no finite number either.
    package init(of texts: [[UInt8]], parameters: [Float], network: TransformerNetwork) {
        precondition(parameters.count == network.configuration.parameterCount)
        let context = network.configuration.context
        let most = max(1, Self.bytesAtOnce / context)
        var waiting: [ArraySlice<UInt8>] = []
        for text in texts {
            for start in stride(from: 0, to: text.count, by: context) {
                let window = text[start..<min(start + context, text.count)]
                if window.count < context {
                    add([window], parameters, network)
                } else {
                    waiting.append(window)
                    if waiting.count == most { flush(&waiting, parameters, network) }
                }
            }
        }
        flush(&waiting, parameters, network)
    }

    private mutating func flush(_ waiting: inout [ArraySlice<UInt8>], _ parameters: [Float], _ network: TransformerNetwork) {
        if !waiting.isEmpty { add(waiting, parameters, network) }
        waiting.removeAll(keepingCapacity: true)
    }

    /// Windows of equal length.
    private mutating func add(_ windows: [ArraySlice<UInt8>], _ parameters: [Float], _ network: TransformerNetwork) {
        let length = windows.first?.count ?? 0
        var symbols: [Int32] = []
        symbols.reserveCapacity(windows.count * (length + 1))
        for window in windows {
            symbols.append(Int32(Symbol.boundary))
            for byte in window { symbols.append(Int32(byte)) }
        }
        nats += network.loss(parameters, windows: symbols, length: length)
        bytes += windows.count * length
    }

    /// Mean over the bytes; 0 without any.
    package var mean: Double { bytes > 0 ? nats / Double(bytes) : 0 }
}
