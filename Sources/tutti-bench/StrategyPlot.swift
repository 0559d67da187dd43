import CommandKit

/// The training loss by round, one panel for each share of stragglers, as an SVG of its own.
enum StrategyPlot {
    private static let colours = ["#444444", "#9aa0a6", "#1a73e8", "#d93025", "#f9ab00", "#188038", "#a142f4", "#00a3bf"]
    private static let (width, height, left, top, gap) = (300.0, 240.0, 50.0, 40.0, 30.0)

    /// The curve of a result is the median of its seeds, point by point.
    static func svg(_ results: [StrategiesSuite.Result]) -> String {
        let names = results.filter { $0.share == results.first?.share }.map(\.trial)
        let medians = results.map { result -> [(round: Int, loss: Double)] in
            guard let first = result.curves.first else { return [] }
            return first.indices.map { index in
                let losses = result.curves.map { $0[index].loss }.sorted()
                return (first[index].round, losses[losses.count / 2])
            }
        }
        let ceiling = min(3, medians.joined().map(\.loss).max() ?? 1)
        let rounds = Double(medians.joined().map(\.round).max() ?? 1)
        let total = (left + 3 * (width + gap), top + height + 40 + 20 * Double((names.count + 3) / 4))
        var out = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(fixed(total.0)) \(fixed(total.1))" font-family="sans-serif" font-size="11">
            <rect width="100%" height="100%" fill="white"/>
            <text x="\(fixed(left))" y="14" font-size="13">Synthetic(1, 1): training loss (nats) by round, median of \(results.first?.curves.count ?? 0) seeds</text>

            """
        for (panel, share) in StrategiesSuite.shares.enumerated() {
            let x0 = left + Double(panel) * (width + gap)
            func point(_ round: Int, _ loss: Double) -> String {
                "\(fixed(x0 + width * Double(round) / rounds)),\(fixed(top + height * (1 - min(loss, ceiling) / ceiling)))"
            }
            out += "<rect x=\"\(fixed(x0))\" y=\"\(fixed(top))\" width=\"\(fixed(width))\" height=\"\(fixed(height))\" fill=\"none\" stroke=\"#cccccc\"/>\n"
            out += "<text x=\"\(fixed(x0 + 4))\" y=\"\(fixed(top - 6))\">\(Int(share * 100)) % stragglers</text>\n"
            for tick in 0...4 {
                let loss = ceiling * Double(tick) / 4
                if panel == 0 {
                    out +=
                        "<text x=\"\(fixed(x0 - 6))\" y=\"\(fixed(top + height * (1 - Double(tick) / 4) + 4))\" text-anchor=\"end\">\(RoundTable.fixed(loss, 2))</text>\n"
                }
                out +=
                    "<text x=\"\(fixed(x0 + width * Double(tick) / 4))\" y=\"\(fixed(top + height + 14))\" text-anchor=\"middle\">\(Int(rounds) * tick / 4)</text>\n"
            }
            for (result, curve) in zip(results, medians) where result.share == share {
                let colour = colours[(names.firstIndex(of: result.trial) ?? 0) % colours.count]
                out +=
                    "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\" points=\"\(curve.map { point($0.round, $0.loss) }.joined(separator: " "))\"/>\n"
            }
        }
        for (index, name) in names.enumerated() {
            let (x, y) = (left + 240 * Double(index % 4), top + height + 38 + 20 * Double(index / 4))
            out += "<rect x=\"\(fixed(x))\" y=\"\(fixed(y - 6))\" width=\"18\" height=\"3\" fill=\"\(colours[index % colours.count])\"/>\n"
            out += "<text x=\"\(fixed(x + 24))\" y=\"\(fixed(y))\">\(name)</text>\n"
        }
        return out + "</svg>\n"
    }

    private static func fixed(_ value: Double) -> String { RoundTable.fixed(value, 1) }
}
