extension Chart {
    /// The figure as SVG. Every point carries its round and its value as the table shows it.
    package var svg: HTML {
        let values = values
        let rounds = roundAxis
        let ends = labelled(values)
        return HTML(
            .svg,
            [
                .id(id), .class("chart"), .of(.viewBox, "0 0 \(Self.place(Self.width)) \(Self.place(Self.height))"), .of(.role, "img"),
                .aria("labelledby", "\(id)-title \(id)-about"),
            ]
        ) {
            HTML(.title, [.id("\(id)-title")]) { unit.isEmpty ? title : "\(title) (\(unit))" }
            HTML(.desc, [.id("\(id)-about")]) { summary }
            HTML(.g, [.class("axis")]) {
                for tick in values.ticks {
                    HTML(.line, Self.line(Self.left, y(tick, values), Self.width - Self.right, y(tick, values)) + [.class("grid")])
                    text(Self.left - 8, y(tick, values) + 4, "end", values.label(tick))
                }
                for tick in rounds.ticks {
                    HTML(.line, Self.line(x(tick), Self.height - Self.bottom, x(tick), Self.height - Self.bottom + 5) + [.class("tick")])
                    text(x(tick), Self.height - Self.bottom + 18, "middle", Words.fixed(tick, 0))
                }
                HTML(.line, Self.line(Self.left, Self.height - Self.bottom, Self.width - Self.right, Self.height - Self.bottom) + [.class("base")])
                text((Self.left + Self.width - Self.right) / 2, Self.height - 6, "middle", "round")
            }
            if let bound {
                HTML(.line, Self.line(Self.left, y(bound.value, values), Self.width - Self.right, y(bound.value, values)) + [.class("bound")])
                text(Self.left + 6, y(bound.value, values) - 5, "start", bound.label, "bound-label")
            }
            for (number, one) in series.enumerated() { drawn(one, number, values) }
            for end in ends { text(end.x, end.y, "start", end.words, "end-label series-\(end.series)") }
        }
    }

    private func drawn(_ one: Series, _ number: Int, _ values: Axis) -> HTML {
        let places = one.points.map { (point: $0, x: x(Double($0.round)), y: y($0.value, values)) }
        let line = places.enumerated().map { "\($0.offset == 0 ? "M" : "L")\(Self.place($0.element.x)) \(Self.place($0.element.y))" }.joined()
        return HTML(.g, [.class("series series-\(number)"), .data("series", one.name.isEmpty ? title : one.name)]) {
            if places.count > 1 { HTML(.path, [.class("line"), .of(.d, line)]) }
            for place in places {
                HTML(.g, [.class(place.point.isHollow ? "point hollow" : "point"), .data("round", "\(place.point.round)"), .data("value", place.point.shown)]) {
                    HTML(.title) { hint(place.point, one.name) }
                    HTML(.circle, [.class("hit"), .of(.cx, Self.place(place.x)), .of(.cy, Self.place(place.y)), .of(.r, "8")])
                    HTML(.circle, [.class("dot"), .of(.cx, Self.place(place.x)), .of(.cy, Self.place(place.y)), .of(.r, places.count > 60 ? "1.4" : "2.6")])
                }
            }
        }
    }

    private func hint(_ point: Point, _ name: String) -> String {
        let value = unit.isEmpty ? point.shown : "\(point.shown) \(unit)"
        return "Round \(point.round): \(name.isEmpty ? "" : "\(name) ")\(value)" + (point.note.isEmpty ? "" : " (\(point.note))")
    }

    /// The last value of each series beside its point, far enough apart to be read.
    private func labelled(_ values: Axis) -> [(series: Int, x: Double, y: Double, words: String)] {
        var ends: [(series: Int, x: Double, y: Double, words: String)] = []
        for (number, one) in series.enumerated() {
            guard let last = one.points.last else { continue }
            ends.append((number, x(Double(last.round)) + 9, y(last.value, values) + 4, one.name.isEmpty ? last.shown : "\(one.name) \(last.shown)"))
        }
        ends.sort { $0.y < $1.y }
        for i in ends.indices.dropFirst() where ends[i].y - ends[i - 1].y < 15 { ends[i].y = ends[i - 1].y + 15 }
        // What was pushed below the axis goes up again, with those above it.
        var floor = Self.height - Self.bottom - 4
        for i in ends.indices.reversed() where ends[i].y > floor {
            ends[i].y = floor
            floor -= 15
        }
        return ends
    }

    private func text(_ x: Double, _ y: Double, _ anchor: String, _ words: String, _ names: String? = nil) -> HTML {
        HTML(.text, [.of(.x, Self.place(x)), .of(.y, Self.place(y)), .of(.textAnchor, anchor)] + (names.map { [.class($0)] } ?? [])) { words }
    }

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> [Attribute] {
        [.of(.x1, place(x1)), .of(.y1, place(y1)), .of(.x2, place(x2)), .of(.y2, place(y2))]
    }

    /// A coordinate, to a tenth.
    static func place(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard tenths.isFinite, abs(tenths) < 1e9 else { return "0" }
        let whole = Int(tenths)
        let text = whole % 10 == 0 ? "\(abs(whole) / 10)" : "\(abs(whole) / 10).\(abs(whole) % 10)"
        return whole < 0 ? "-" + text : text
    }
}
