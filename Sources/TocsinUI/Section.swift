import TerminalKit

/// A part of a screen: one thin rule with its name at the left and its one summarising fact at the right, and lines
/// below, the most important first.
struct Section {
    typealias Line = (inout Canvas, Rect) -> Void

    var title: String
    var fact: String
    var factRole: Role = .dim
    var lines: [Line]
    /// Lines without which the section is left out, the rule not counted.
    var least: Int
    /// A curve that takes what lines are left over, and how many it can use.
    var graph: (draw: Graph, most: Int)?

    /// What the rule and the lines need; a curve takes only what every section has left over.
    var claim: Allotment.Claim { Allotment.Claim(least: 1 + min(least, lines.count), most: 1 + lines.count) }

    /// Draws into a rectangle; lines that do not fit are left out.
    func draw(_ canvas: inout Canvas, in rect: Rect) {
        guard rect.height > 0 else { return }
        Self.rule(&canvas, title, fact, factRole, Rect(x: rect.x, y: rect.y, width: rect.width, height: 1))
        for (number, line) in lines.prefix(rect.height - 1).enumerated() {
            line(&canvas, Rect(x: rect.x, y: rect.y + 1 + number, width: rect.width, height: 1))
        }
        let left = rect.height - 1 - lines.count
        if let graph, left >= 3 {
            let room = Rect(x: rect.x + 1, y: rect.endY - left, width: rect.width - 2, height: left)
            graph.draw.draw(&canvas, in: room)
        }
    }

    static func rule(_ canvas: inout Canvas, _ title: String, _ fact: String, _ factRole: Role, _ rect: Rect) {
        canvas.put(String(repeating: "─", count: rect.width), x: rect.x, y: rect.y, Style(.rule), width: rect.width)
        canvas.fit(" \(title) ", x: rect.x + 1, y: rect.y, width: rect.width - 2, Style(.title))
        guard !fact.isEmpty else { return }
        let room = rect.width - DisplayWidth.of(title) - 8
        guard room > 4 else { return }
        let width = min(room, DisplayWidth.of(fact) + 2)
        canvas.fit(" \(fact) ", x: rect.endX - 1 - width, y: rect.y, width: width, Style(factRole))
    }

    /// Stacks sections into a rectangle, the first being the most important.
    static func stack(_ sections: [Section], _ canvas: inout Canvas, in rect: Rect, order: [Int]? = nil) {
        let order = order ?? Array(sections.indices)
        let given = Allotment.divide(rect.height, among: order.map { sections[$0].claim })
        var heights = Array(repeating: 0, count: sections.count)
        for (position, index) in order.enumerated() { heights[index] = given[position] }
        var left = rect.height - given.reduce(0, +)
        for index in order where heights[index] == sections[index].claim.most {
            // Fewer than three lines make no curve.
            guard let most = sections[index].graph?.most, left >= 3 else { continue }
            let lines = min(most, left)
            heights[index] += lines
            left -= lines
        }
        var y = rect.y
        for (index, section) in sections.enumerated() where heights[index] > 0 {
            section.draw(&canvas, in: Rect(x: rect.x, y: y, width: rect.width, height: heights[index]))
            y += heights[index]
        }
    }
}
