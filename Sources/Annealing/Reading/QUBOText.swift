internal import StrictJSON

extension Problem {
    /// The form of qbsolv: comments begin with `c`; one line `p qubo 0 variables diagonals elements`; a line `i i weight` for each diagonal; a line
    /// `i j weight` with i < j for each element. Variables count from 0, have values 0 and 1, and the energy is to be minimised.
    package init(qubo bytes: [UInt8]) throws(AnnealingError) {
        var lines = try TextLines(bytes)
        var head: (variables: Int, diagonals: Int, elements: Int)?
        var linear: [Double] = []
        var terms: [Coupling] = []
        var diagonals = 0
        while let words = lines.next() {
            if words[0].first == UInt8(ascii: "c") { continue }
            if words[0].elementsEqual("p".utf8) {
                guard head == nil else { throw lines.error("is a second line with p; there is one") }
                head = try Self.quboHead(words, lines)
                linear = [Double](repeating: 0, count: head?.variables ?? 0)
                continue
            }
            guard let head else { throw lines.error("comes before the line “p qubo 0 variables diagonals elements”") }
            guard words.count == 3 else { throw lines.error("has \(words.count) words; a weight has two variables before it") }
            let (first, second) = (try lines.count(words[0], "the first variable"), try lines.count(words[1], "the second variable"))
            guard first <= second else { throw lines.error("has \(first) before \(second); the smaller variable comes first") }
            guard second < head.variables else { throw lines.error("variable \(second) is not one of 0 to \(head.variables - 1)") }
            let weight = try lines.weight(words[2], "the weight")
            if first == second {
                linear[first] += weight
                diagonals += 1
            } else {
                guard terms.count < head.elements else { throw lines.error("there are more elements than the \(head.elements) of the line with p") }
                terms.append(Coupling(first, second, weight))
            }
        }
        guard let head else { throw .text(problem: "the text has no line “p qubo 0 variables diagonals elements”") }
        guard diagonals == head.diagonals && terms.count == head.elements else {
            throw .text(
                problem: "the text has \(diagonals) diagonals and \(terms.count) elements, "
                    + "and its line with p says \(head.diagonals) and \(head.elements)")
        }
        self.init(.qubo(try QUBOModel(linear: linear, couplings: terms)))
    }

    private static func quboHead(
        _ words: [ArraySlice<UInt8>], _ lines: TextLines
    ) throws(AnnealingError) -> (variables: Int, diagonals: Int, elements: Int) {
        guard words.count == 6, words[1].elementsEqual("qubo".utf8) else { throw lines.error("is not “p qubo 0 variables diagonals elements”") }
        guard words[2].elementsEqual("0".utf8) || words[2].elementsEqual("unconstrained".utf8) else {
            throw lines.error("the target is \(lines.quoted(words[2])); it is 0 or unconstrained")
        }
        let head = (
            variables: try lines.count(words[3], "the number of variables"), diagonals: try lines.count(words[4], "the number of diagonals"),
            elements: try lines.count(words[5], "the number of elements")
        )
        guard head.variables > 0 else { throw .noSpins }
        guard head.variables <= Limits.spinsMax else { throw .tooManySpins(head.variables) }
        guard head.elements <= Limits.couplingsMax else { throw .tooManyCouplings(head.elements) }
        return head
    }

    /// Coordinates, as dimod writes them: a first line `# vartype=BINARY` or `# vartype=SPIN`, then lines `i j bias`, where i = j is linear.
    /// Variables are the numbers that occur. Biases that are given twice are added up.
    package init(coordinates bytes: [UInt8]) throws(AnnealingError) {
        var lines = try TextLines(bytes)
        var vartype: Vartype?
        var entries: [Coupling] = []
        while let words = lines.next() {
            if words[0].first == UInt8(ascii: "#") {
                if let named = Self.vartype(words) {
                    guard vartype == nil || vartype == named else { throw lines.error("names another vartype than before") }
                    vartype = named
                }
                continue
            }
            guard words.count == 3 else { throw lines.error("has \(words.count) words; a bias has two variables before it") }
            let (first, second) = (try lines.count(words[0], "the first variable"), try lines.count(words[1], "the second variable"))
            guard entries.count < Limits.couplingsMax else { throw .tooManyCouplings(entries.count + 1) }
            entries.append(Coupling(first, second, try lines.weight(words[2], "the bias")))
        }
        guard let vartype else {
            throw .text(problem: "the text does not say what values a variable has; begin with “# vartype=BINARY” or “# vartype=SPIN”")
        }
        let names = Set(entries.flatMap { [$0.first, $0.second] }).sorted()
        guard !names.isEmpty else { throw .noSpins }
        guard names.count <= Limits.spinsMax else { throw .tooManySpins(names.count) }
        let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        var linear = [Double](repeating: 0, count: names.count)
        var terms: [Coupling] = []
        for entry in entries {
            guard let first = places[entry.first], let second = places[entry.second] else { continue }
            if first == second { linear[first] += entry.weight } else { terms.append(Coupling(first, second, entry.weight)) }
        }
        try self.init(vartype, linear: linear, couplings: terms, offset: 0, labels: names.map { .integer(Int64($0)) })
    }

    /// What a comment says of the values: `# vartype=SPIN`, with or without spaces.
    private static func vartype(_ words: [ArraySlice<UInt8>]) -> Vartype? {
        let text = String(decoding: words.joined(), as: UTF8.self)
        return [.spin, .binary].first { text == "#vartype=\($0.rawValue)" }
    }

    init(_ vartype: Vartype, linear: [Double], couplings: [Coupling], offset: Double, labels: [JSON]) throws(AnnealingError) {
        switch vartype {
        case .spin: self.init(.ising(try IsingModel(fields: linear, couplings: couplings, offset: offset)), labels: labels)
        case .binary: self.init(.qubo(try QUBOModel(linear: linear, couplings: couplings, offset: offset)), labels: labels)
        }
    }
}
