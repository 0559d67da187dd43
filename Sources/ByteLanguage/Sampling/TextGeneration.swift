/// A text that is continued a byte at a time. What it gives out is whole UTF-8 and final: the beginning of a character and what may be
/// the beginning of a stop sequence are held back until it is known what they are.
package struct TextGeneration: Sendable {
    package enum Finish: String, Sendable, CaseIterable {
        /// A stop sequence was reached, or the model ended the text.
        case stop
        /// As many bytes as were asked for.
        case length
    }

    private let options: SamplingOptions
    private var prompt: [UInt8]
    private var reader: any ByteReader
    private var sampler: Sampler
    private var course = UTF8Course()
    private var held: [UInt8] = []
    /// All that were sampled, also those that were held back and never given out.
    package private(set) var sampledBytes = 0
    package private(set) var finish: Finish?

    /// - Throws: `setting` for options that cannot be, and where prompt and continuation are longer than the model's context.
    package init(_ model: any ByteModel, prompt: [UInt8], _ options: SamplingOptions) throws(ByteLanguageError) {
        if let problem = options.problem { throw problem }
        guard prompt.count < model.contextBytes else {
            throw .setting("prompt", "has \(prompt.count) bytes; the model's context is \(model.contextBytes), with the continuation")
        }
        guard options.maxBytes <= model.contextBytes - prompt.count else {
            throw .setting("max_tokens", "must be at most \(model.contextBytes - prompt.count): the model's context is \(model.contextBytes) bytes")
        }
        self.options = options
        self.prompt = prompt
        reader = model.reader()
        sampler = Sampler(options)
    }

    /// One byte more; the first call reads the prompt too. Returns what is certain now, perhaps nothing. After the end: nothing.
    package mutating func step() -> [UInt8] {
        guard finish == nil else { return [] }
        let logits = reader.read(sampledBytes == 0 ? prompt[...] : last)
        let course = course
        let symbol = sampler.choose(logits) { $0 == Symbol.boundary ? course.isWhole : course.allows(UInt8($0)) }
        guard symbol != Symbol.boundary else {
            finish = .stop
            return released(held.count)
        }
        let byte = UInt8(symbol)
        self.course.take(byte)
        sampledBytes += 1
        last = [byte]
        held.append(byte)
        if let stop = options.stop.filter({ held.ends(with: $0) }).max(by: { $0.count < $1.count }) {
            finish = .stop
            held.removeLast(stop.count)
            return released(held.count)
        }
        if sampledBytes == options.maxBytes {
            finish = .length
            return released(held.count)
        }
        // The longest end of what is held that a stop sequence begins with.
        let open = options.stop.reduce(0) { longest, stop in
            max(longest, (0..<min(stop.count, held.count + 1)).last { held.ends(with: stop[..<$0]) } ?? 0)
        }
        return released(held.count - open)
    }

    private var last: ArraySlice<UInt8> = []

    /// The first `count` bytes of what is held, without the beginning of a character at their end.
    private mutating func released(_ count: Int) -> [UInt8] {
        var (course, whole) = (UTF8Course(), 0)
        for (i, byte) in held[..<count].enumerated() {
            course.take(byte)
            if course.isWhole { whole = i + 1 }
        }
        defer { held.removeFirst(whole) }
        return Array(held[..<whole])
    }
}

extension [UInt8] {
    fileprivate func ends(with end: some Collection<UInt8>) -> Bool { count >= end.count && self[(count - end.count)...].elementsEqual(end) }
}
