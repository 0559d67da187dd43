import Attacks
import CommandKit

/// Accuracy of every rule under every attack as coloured cells, one panel for each number of liars and each partition, as an SVG of
/// its own; the column of the backdoor has the trigger's success below the accuracy.
enum RobustnessPlot {
    private static let (cellWidth, cellHeight, left, top, gap) = (62.0, 26.0, 170.0, 64.0, 40.0)

    static func svg(_ cells: [RobustnessSuite.Cell]) -> String {
        let attacks = [nil] + Attack.trials.map(Optional.some)
        let rules = RobustnessRule.allCases
        let panels = RobustnessSuite.schemes.flatMap { scheme in RobustnessSuite.liars.map { (scheme: scheme.name, liars: $0) } }
        let panelHeight = top + cellHeight * Double(rules.count) + gap
        let (width, height) = (left + cellWidth * Double(attacks.count) + 20, panelHeight * Double(panels.count))
        var out = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(fixed(width)) \(fixed(height))" font-family="sans-serif" font-size="11">
            <rect width="100%" height="100%" fill="white"/>

            """
        for (index, panel) in panels.enumerated() {
            let y0 = Double(index) * panelHeight
            out += text(10, y0 + 20, "\(panel.scheme): \(panel.liars) of \(RobustnessSuite.clients) clients lie. Accuracy in per cent", size: 13)
            for (column, attack) in attacks.enumerated() {
                let x = left + cellWidth * (Double(column) + 0.5)
                for (line, word) in (attack?.name ?? "none").split(separator: "_").enumerated() {
                    out += text(x, y0 + top - 18 + 11 * Double(line), String(word), anchor: "middle")
                }
            }
            for (row, rule) in rules.enumerated() {
                let y = y0 + top + cellHeight * Double(row)
                out += text(left - 6, y + 17, rule.rawValue, anchor: "end")
                for (column, attack) in attacks.enumerated() {
                    let found = cells.first { $0.rule == rule && $0.attack == attack && $0.liars == panel.liars && $0.scheme == panel.scheme }
                    out += cell(found, left + cellWidth * Double(column), y)
                }
            }
        }
        return out + "</svg>\n"
    }

    private static func cell(_ cell: RobustnessSuite.Cell?, _ x: Double, _ y: Double) -> String {
        let middle = x + cellWidth / 2
        guard let cell else { return text(middle, y + 17, "–", anchor: "middle") }
        let isBackdoor = cell.attack?.name == "backdoor"
        // Red at half the rows right or fewer, green at nearly all; a backdoor that works is as bad as no model.
        let share = max(0, min(1, (cell.accuracy - 0.5) / 0.47)) * (isBackdoor ? 1 - cell.success : 1)
        let colour = "hsl(\(fixed(120 * share)),70%,75%)"
        return "<rect x=\"\(fixed(x))\" y=\"\(fixed(y))\" width=\"\(fixed(cellWidth - 2))\" height=\"\(fixed(cellHeight - 2))\" fill=\"\(colour)\"/>\n"
            + text(middle, y + (isBackdoor ? 11 : 17), fixed(cell.accuracy * 100), anchor: "middle")
            + (isBackdoor ? text(middle, y + 22, "(\(fixed(cell.success * 100)))", anchor: "middle", size: 9) : "")
    }

    private static func text(_ x: Double, _ y: Double, _ words: String, anchor: String = "start", size: Int = 11) -> String {
        "<text x=\"\(fixed(x))\" y=\"\(fixed(y))\" text-anchor=\"\(anchor)\" font-size=\"\(size)\">\(words)</text>\n"
    }

    private static func fixed(_ value: Double) -> String { RoundTable.fixed(value, 1) }
}
