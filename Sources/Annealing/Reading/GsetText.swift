internal import StrictJSON

extension Problem {
    /// Max-cut as the Gset has it: a line with the numbers of vertices and edges, then a line for each edge with its vertices, counted from 1,
    /// and its weight. The energy is minus the weight of the cut. Edges that are given twice are added up.
    package init(gset bytes: [UInt8]) throws(AnnealingError) {
        var lines = try TextLines(bytes)
        guard let head = lines.next() else { throw .text(problem: "the text is empty; it begins with the numbers of vertices and edges") }
        guard head.count == 2 else { throw lines.error("has \(head.count) words; the first line has the numbers of vertices and edges") }
        let vertices = try lines.count(head[0], "the number of vertices")
        let count = try lines.count(head[1], "the number of edges")
        guard vertices > 0 else { throw .noSpins }
        guard vertices <= Limits.spinsMax else { throw .tooManySpins(vertices) }
        guard count <= Limits.couplingsMax else { throw .tooManyCouplings(count) }
        var edges: [Coupling] = []
        while let words = lines.next() {
            guard edges.count < count else { throw lines.error("there are more edges than the \(count) of the first line") }
            guard words.count == 3 else { throw lines.error("has \(words.count) words; an edge has two vertices and a weight") }
            let ends = [try lines.count(words[0], "the first vertex"), try lines.count(words[1], "the second vertex")]
            for end in ends where !(1...vertices).contains(end) { throw lines.error("vertex \(end) is not one of 1 to \(vertices)") }
            guard ends[0] != ends[1] else { throw lines.error("the edge joins vertex \(ends[0]) with itself; leave it out, no cut has it") }
            edges.append(Coupling(ends[0] - 1, ends[1] - 1, try lines.weight(words[2], "the weight")))
        }
        guard edges.count == count else { throw .text(problem: "the text has \(edges.count) edges, and its first line says \(count)") }
        self.init(.ising(try .maximumCut(vertices: vertices, edges)), labels: (1...vertices).map { .integer(Int64($0)) })
    }
}
